import Crypto
import Foundation
import JWTKit
public import Storage

/// A key pair on this machine that signs tokens as long as no issuer does.
///
/// `<data>/keys/development.pem` is the private key, readable by its owner only; `jwks.json` beside it is what
/// a ``TokenVerifier`` reads. Not for production: who can read the folder can be anybody.
public struct DevelopmentKeys: Sendable {
  private let key: ES256PrivateKey
  private let kid: String
  private let jwksFile: String

  /// Opens the keys of a data folder, and makes them when there are none.
  ///
  /// Any number of processes may do so at once: they all end with the same key.
  /// - Parameter data: the folder above `keys`.
  public init(data: String) throws {
    let folder = "\(data)/keys"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let file = "\(folder)/development.pem"
    if !FileManager.default.fileExists(atPath: file) { try Self.makeKey(at: file) }
    key = try ES256PrivateKey(pem: String(contentsOfFile: file, encoding: .utf8))
    jwksFile = "\(folder)/jwks.json"
    let jwk = try PublicKey(of: key)
    kid = jwk.kid
    // Follows from the key alone, so it does not matter who writes it, or how often.
    try JSON.encoder.encode(["keys": [jwk]]).write(to: URL(filePath: jwksFile), options: .atomic)
  }

  /// Where a ``TokenVerifier`` finds the public key.
  public var jwks: String { URL(filePath: jwksFile).absoluteString }

  /// A token that proves its bearer to be `subject`.
  public func token(
    subject: String, scopes: Set<Scope>, lifetime: Duration = .hours(1), at now: Timestamp = .now
  ) async throws -> String {
    let seconds = now.milliseconds / 1000
    let claims = Claims(
      sub: subject, exp: Double(seconds + lifetime.components.seconds), iat: Double(seconds),
      scope: scopes.map(\.rawValue).sorted().joined(separator: " "))
    let kid = JWKIdentifier(string: kid)
    return try await JWTKeyCollection().add(ecdsa: key, kid: kid).sign(claims, kid: kid)
  }

  /// The whole key appears under its name at once, or not at all: it is written under another name and then
  /// linked, which fails when somebody else was first. Theirs is then the key.
  private static func makeKey(at file: String) throws {
    let draft = "\(file).\(UUIDv7.next())"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    defer { unlink(draft) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    try handle.write(contentsOf: Data(ES256PrivateKey().pemRepresentation.utf8))
    try handle.synchronize()
    guard link(draft, file) == 0 || errno == EEXIST else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
  }
}

/// A public key as RFC 7517 writes it, named by its thumbprint (RFC 7638).
private struct PublicKey: Encodable {
  let kty = "EC"
  let crv = "P-256"
  let alg = "ES256"
  let use = "sig"
  let kid: String
  let x: String
  let y: String

  init(of key: ES256PrivateKey) throws {
    guard let (x, y) = key.parameters, let x = Data(base64URL: x)?.base64URL,
      let y = Data(base64URL: y)?.base64URL
    else { throw CocoaError(.coderInvalidValue) }
    let canonical = #"{"crv":"P-256","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
    kid = Data(SHA256.hash(data: Array(canonical.utf8))).base64URL
    self.x = x
    self.y = y
  }
}
