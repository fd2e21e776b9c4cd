import Glibc

/// Opens a new file in `directory` that has no name: it is gone when it is closed, whatever happens.
///
/// Returns nil with errno set where the system refuses.
func openNamelessFile(in directory: String) -> Int32? {
  let nameless: Int32 = 0o20000000  // __O_TMPFILE, whose macro Swift does not import
  let descriptor = open(directory, O_RDWR | O_CLOEXEC | O_DIRECTORY | nameless, 0o666 as mode_t)
  return descriptor >= 0 ? descriptor : nil
}

/// Opens a new file in `directory` under a name of its own, where nameless files are not supported.
///
/// Returns nil with errno set where the system refuses.
func openNamedFile(in directory: String) -> (descriptor: Int32, path: String)? {
  for attempt in 0..<1000 {
    let path = "\(directory)/.lode-\(getpid())-\(attempt).partial"
    let descriptor = open(path, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL, 0o666 as mode_t)
    if descriptor >= 0 { return (descriptor, path) }
    if errno != EEXIST { return nil }
  }
  return nil
}

/// Writes all bytes, whatever the system takes at once; returns the errno of a failure, else 0.
func writeFully(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int32 {
  var rest = bytes
  while let base = rest.baseAddress, !rest.isEmpty {
    let written = write(descriptor, base, rest.count)
    if written < 0 {
      if errno == EINTR { continue }
      if errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&waiting, 1, -1)
        continue
      }
      return errno
    }
    if written == 0 { return EIO }
    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
  }
  return 0
}
