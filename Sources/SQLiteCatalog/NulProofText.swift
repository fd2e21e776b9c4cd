import Foundation
import GRDB

extension String {
  /// The text's bytes as a blob.
  var nulProofValue: DatabaseValue { Data(utf8).databaseValue }
}
