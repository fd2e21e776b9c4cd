import Testing
@Suite struct P { @Test func empty() {} }
