public import Messaging

public enum WorkflowKind {}
public typealias WorkflowID = EntityID<WorkflowKind>

public enum DeliveryKind {}
public typealias DeliveryID = EntityID<DeliveryKind>

public enum UserKind {}
public typealias UserID = EntityID<UserKind>

public enum TaskKind {}
public typealias TaskID = EntityID<TaskKind>
