import Messages

/// The coordinator's own copies.
extension ObjectRegistry {
  /// An object is durable here.
  mutating func storedHere(_ token: Token, members: Membership, outbox: inout Outbox) {
    guard let id = storing.removeValue(forKey: token) else { return }
    guard let entry = entries[id] else {
      // It was dropped while it was being written.
      outbox.add(.forget(id))
      return
    }
    entries[id]?.isHere = true
    missingHere.removeSorted(id)
    review(entry.group, members: members, outbox: &outbox)
  }

  /// An object was fetched from a worker, to be stored here again.
  mutating func loaded(_ bytes: [UInt8], _ token: Token, outbox: inout Outbox) {
    verifyingHere[token] = nil
    guard let id = fetching.removeValue(forKey: token), let entry = entries[id],
      !entry.isHere
    else { return }
    store(entry.descriptor, bytes, &outbox)
  }

  mutating func loadFailed(_ token: Token) {
    if let id = verifyingHere.removeValue(forKey: token) { return lostHere(id) }
    fetching[token] = nil
    nextFetchAt = now &+ configuration.resendMilliseconds
  }

  /// An object of the own store has turned out damaged or gone.
  mutating func lostHere(_ id: ObjectID) {
    guard let entry = entries[id], entry.keepsHere else { return }
    entries[id]?.isHere = false
    missingHere.insertSorted(id)
  }

  /// Fetches what the own store should have and has not, one object at a time.
  /// - Complexity: O(objects missing here).
  mutating func fetchMissing(members: Membership, outbox: inout Outbox) {
    guard now >= nextFetchAt, fetching.isEmpty, storing.isEmpty, !missingHere.isEmpty else {
      return
    }
    for id in missingHere {
      guard let entry = entries[id] else { continue }
      let sources = sources(of: entry, for: nil, members)
      if sources.isEmpty { continue }
      let token = outbox.token(for: .registry)
      fetching[token] = id
      outbox.add(.fetch(token, entry.descriptor, sources: sources))
      return
    }
  }
}
