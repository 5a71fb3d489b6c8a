public import Storage

// Contracts speak of moments and identities, and import Messaging alone.
public typealias Timestamp = Storage.Timestamp
public typealias EntityID = Storage.EntityID
