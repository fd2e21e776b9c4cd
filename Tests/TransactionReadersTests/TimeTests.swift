import Testing

@testable import TransactionReaders

/// The form of a time and what it means, nil where it is none.
private func parse(_ text: String) -> (form: TimeForm, microseconds: Int64?)? {
  let bytes = Array(text.utf8)
  guard let form = TimeForm(of: bytes.span) else { return nil }
  return (form, form.microseconds(bytes.span))
}

@Suite struct TimeTests {
  @Test(
    arguments: [
      ("1970-01-01", 0), ("2010-12-01 08:26:00", 1_291_191_960),
      ("2010-12-01T08:26", 1_291_191_960),
      ("2010-12-01T08:26:00Z", 1_291_191_960), ("2010-12-01T10:26:00+02:00", 1_291_191_960),
      ("2010-12-01T02:56:00-0530", 1_291_191_960), ("2010-12-01T09:26:00+01", 1_291_191_960),
      ("2000-02-29", 951_782_400), ("1969-12-31 23:59:59", -1), ("1900-03-01", -2_203_891_200),
      ("9999-12-31", 253_402_214_400), ("0001-01-01", -62_135_596_800),
      ("0000-01-01", -62_167_219_200),
      ("01-12-2010", 1_291_161_600), ("01-12-2010 08:26:00", 1_291_191_960), ("0", 0), ("-1", -1),
      ("1291191960", 1_291_191_960),
    ] as [(String, Int64)])
  func secondsOf(_ text: String, _ seconds: Int64) {
    #expect(parse(text)?.microseconds == seconds * 1_000_000)
  }

  @Test func fractionsGoDownToMicroseconds() {
    #expect(parse("1970-01-01 00:00:00.5")?.microseconds == 500_000)
    #expect(parse("1970-01-01T00:00:01.1234567891234567891234Z")?.microseconds == 1_123_456)
  }

  @Test(arguments: [
    "", "yesterday", "2010-13-01", "2010-00-01", "2010-02-29", "1900-02-29", "2010-1-1",
    "2010-12-01 24:00:00", "2010-12-01 08:60", "2010-12-01 08", "2010-12-01x", "31-04-2010",
    "2010-12-01 08:26:00.", "2010-12-01T08:26:00Zx", "2010-12-01T08:26+1", "1.5",
    "9223372036854775807", "2010/12/01", "12/1/2010 8:26", "32-01-2010", "2010-12-01T08:26+24:00",
  ])
  func refuses(_ text: String) {
    #expect(parse(text)?.form == nil)
  }

  @Test func everyDayFollowsTheOneBefore() {
    var expected: Int64 = -719_528 * 86_400_000_000 + 584_388 * 86_400_000_000  // 1600-01-01
    for year in 1600..<2000 {
      for month in 1...12 {
        for day in 1...31 {
          let digits = String(year * 10_000 + month * 100 + day + 100_000_000).dropFirst()
          let text = digits.prefix(4) + "-" + digits.dropFirst(4).prefix(2) + "-" + digits.suffix(2)
          guard let time = parse(String(text))?.microseconds else { continue }
          if time != expected {
            Issue.record("\(text) is \(time), not \(expected)")
            return
          }
          expected += 86_400_000_000
        }
      }
    }
    #expect(expected == (-719_528 + 584_388 + 146_097) * 86_400_000_000)
  }

  @Test func theFirstTimeChoosesTheForm() {
    let options = ReadingOptions.long(["id"], "item", time: "time")
    let mixed = read("id,item,time\n1,a,2010-12-01\n2,b,01-12-2010\n", as: "x.csv", options)
    #expect(mixed.kind == .time)
    #expect(mixed.line == 3)
    #expect(mixed.error?.message.contains("ISO 8601") == true)
    let none = read("id,item,time\n1,a,soon\n", as: "x.csv", options)
    #expect(none.kind == .time)
    #expect(none.line == 2)
    #expect(none.error?.message.contains("\"soon\"") == true)
  }
}
