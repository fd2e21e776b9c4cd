import Messages

/// What a joining worker lists.
extension ObjectRegistry {
  /// A worker begins a new life: what it is on record for must be listed again.
  mutating func beginInventory(of name: Name) {
    for key in commandKeys(of: name) { close(key) }
    awaited[name] = contents[name]?.objects ?? []
  }

  /// Takes a part of a worker's list; the objects that it was told to set aside.
  /// - Complexity: O(objects of the part).
  mutating func list(
    _ objects: [ObjectDescriptor], on name: Name, members: Membership, outbox: inout Outbox
  ) -> [ObjectID] {
    var unknown: [ObjectID] = []
    for descriptor in objects {
      let id = descriptor.id
      if let entry = entries[id] {
        if entry.descriptor == descriptor {
          // Nothing was sent to it yet in this life: what it should copy it has, and what it should
          // delete may be needed by now.
          close(CommandKey(worker: name, object: id))
          addHolder(name, of: id)
          continue
        }
        // A target is told to copy the right bytes over the wrong ones.
        if groups[entry.group]?.targets.containsSorted(name) == true { continue }
      } else if droppedOwners.contains(id.owner) || isLeftOver(id.owner) {
        openDelete(of: id, on: name, members: members, outbox: &outbox)
        continue
      }
      unknown.append(id)
      openQuarantine(of: id, on: name, members: members, outbox: &outbox)
    }
    return unknown
  }

  /// Whether the catalog decides what there is of an owner, so that nothing else can be needed: the
  /// checkpoint of a job that was interrupted before it was recorded.
  private func isLeftOver(_ owner: ObjectOwner) -> Bool {
    guard case .job(let id) = owner else { return false }
    return id <= lastRecordedJob
  }

  /// A worker has listed everything: it does not hold the rest of what it is on record for.
  mutating func endInventory(of name: Name) {
    guard let lacking = awaited.removeValue(forKey: name) else { return }
    for id in lacking.sorted() { removeHolder(name, of: id) }
    needsReview = true
  }

  /// A worker is not part of the cluster any more.
  mutating func forget(_ name: Name) {
    for key in commandKeys(of: name) { close(key) }
    for id in (contents[name]?.objects ?? []).sorted() { removeHolder(name, of: id) }
    contents[name] = nil
    awaited[name] = nil
    needsReview = true
  }
}
