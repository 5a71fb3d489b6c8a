import Foundation
import GRDB

func blob(_ bytes: [UInt8]) -> Data { Data(bytes) }

extension Row {
  /// The bytes of a BLOB column; nil for NULL.
  func bytes(at index: Int) -> [UInt8]? {
    (self[index] as Data?).map { Array($0) }
  }

  func bytes(named column: String) -> [UInt8]? {
    (self[column] as Data?).map { Array($0) }
  }
}
