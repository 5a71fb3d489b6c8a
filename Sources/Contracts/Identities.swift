public import Messaging

public enum WorkflowKind {}
public typealias WorkflowID = EntityID<WorkflowKind>

public enum DeliveryKind {}
public typealias DeliveryID = EntityID<DeliveryKind>
