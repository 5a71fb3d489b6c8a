public import Messaging

public enum WorkflowKind {}
public typealias WorkflowID = EntityID<WorkflowKind>

public enum DeliveryKind {}
public typealias DeliveryID = EntityID<DeliveryKind>

public enum UserKind {}
public typealias UserID = EntityID<UserKind>

public enum TaskKind {}
public typealias TaskID = EntityID<TaskKind>

public enum OrderKind {}
public typealias OrderID = EntityID<OrderKind>

public enum SourceEventKind {}
/// The id that a source gave an event of its own.
public typealias SourceEventID = EntityID<SourceEventKind>
