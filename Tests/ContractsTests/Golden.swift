import Contracts
import Messaging

/// An event as it was once published: its value on the wire, byte for byte, for ever.
///
/// A payload may gain optional fields: that is a further golden beside the old one. What changes an existing
/// one breaks every consumer, and is a new version of the event's name.
struct Golden: Sendable, CustomStringConvertible {
  let name: String
  let topic: String
  let key: String
  let payload: String

  var description: String { "\(name) \(key)" }

  static let all = [
    Golden(
      name: "workflow.created.v1", topic: "workflow.created", key: "0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60",
      payload: #"""
        {"createdAt":"2026-11-20T09:15:30.123Z","id":"0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60","name":"2022 XYZ Corp Tax Return"}
        """#),
    Golden(
      name: "workflow.created.v1", topic: "workflow.created", key: "w/1",
      payload: #"""
        {"createdAt":"1970-01-01T00:00:00.000Z","id":"w/1","name":"Steuer \"2022\" / Zürich\n"}
        """#),
    Golden(
      name: "workflow.task-updated.v1", topic: "workflow.task-updated",
      key: "0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60",
      payload: #"""
        {"name":"PREPARE","state":"NEW","updatedAt":"2026-11-20T09:15:30.123Z","workflowId":"0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60"}
        """#),
    Golden(
      name: "workflow.task-updated.v1", topic: "workflow.task-updated",
      key: "0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60",
      payload: #"""
        {"name":"REVIEW","state":"IN_PROGRESS","updatedAt":"2026-11-20T09:16:00.000Z","workflowId":"0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60"}
        """#),
    Golden(
      name: "workflow.task-updated.v1", topic: "workflow.task-updated",
      key: "0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60",
      payload: #"""
        {"name":"DELIVER","state":"DONE","updatedAt":"2026-11-20T17:42:07.500Z","workflowId":"0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60"}
        """#),
    Golden(
      name: "delivery.created.v1", topic: "delivery.created", key: "0197f2a4-6d2f-7c11-9a07-2b8e4f6a1d35",
      payload: #"""
        {"createdAt":"2026-11-20T09:15:30.141Z","id":"0197f2a4-6d2f-7c11-9a07-2b8e4f6a1d35","name":"2022 XYZ Corp Tax Return","workflowId":"0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60"}
        """#),
    // It stands alone.
    Golden(
      name: "delivery.created.v1", topic: "delivery.created", key: "0197f2a4-6d2f-7c11-9a07-2b8e4f6a1d35",
      payload: #"""
        {"createdAt":"2026-11-20T09:15:30.141Z","id":"0197f2a4-6d2f-7c11-9a07-2b8e4f6a1d35","name":"XYZ Tax Return Delivery"}
        """#),
    Golden(
      name: "delivery.sent.v1", topic: "delivery.sent", key: "0197f2a4-6d2f-7c11-9a07-2b8e4f6a1d35",
      payload: #"""
        {"id":"0197f2a4-6d2f-7c11-9a07-2b8e4f6a1d35","sentAt":"2026-11-20T17:42:07.488Z","workflowId":"0197f2a4-6d1c-7b3e-8f42-5a1c9d3e7b60"}
        """#),
    Golden(
      name: "delivery.sent.v1", topic: "delivery.sent", key: "0197f2a4-6d2f-7c11-9a07-2b8e4f6a1d35",
      payload: #"""
        {"id":"0197f2a4-6d2f-7c11-9a07-2b8e4f6a1d35","sentAt":"2026-11-20T17:42:07.488Z"}
        """#),
    Golden(
      name: "user.created.v1", topic: "user.created", key: "0197f2a4-6e01-7d4a-8c11-9f0e1d2c3b4a",
      payload: #"""
        {"createdAt":"2026-11-20T09:00:00.000Z","email":"Ada@Example.org","id":"0197f2a4-6e01-7d4a-8c11-9f0e1d2c3b4a"}
        """#),
    Golden(
      name: "task.created.v1", topic: "task.created", key: "0197f2a4-6e10-7a2b-9c3d-4e5f60718293",
      payload: #"""
        {"createdAt":"2026-11-20T09:00:01.000Z","id":"0197f2a4-6e10-7a2b-9c3d-4e5f60718293","input":{"big":9007199254740993,"factor":0.5,"pages":[1,2,null],"title":"Zürich","urgent":true},"kind":"report","userId":"0197f2a4-6e01-7d4a-8c11-9f0e1d2c3b4a"}
        """#),
    // Its kind needs no input.
    Golden(
      name: "task.created.v1", topic: "task.created", key: "0197f2a4-6e10-7a2b-9c3d-4e5f60718293",
      payload: #"""
        {"createdAt":"2026-11-20T09:00:01.000Z","id":"0197f2a4-6e10-7a2b-9c3d-4e5f60718293","input":null,"kind":"report","userId":"0197f2a4-6e01-7d4a-8c11-9f0e1d2c3b4a"}
        """#),
    Golden(
      name: "task.cancelled.v1", topic: "task.cancelled", key: "0197f2a4-6e10-7a2b-9c3d-4e5f60718293",
      payload: #"""
        {"cancelledAt":"2026-11-20T09:00:03.000Z","id":"0197f2a4-6e10-7a2b-9c3d-4e5f60718293","userId":"0197f2a4-6e01-7d4a-8c11-9f0e1d2c3b4a"}
        """#),
    Golden(
      name: "task.updated.v1", topic: "task.updated", key: "0197f2a4-6e10-7a2b-9c3d-4e5f60718293",
      payload: #"""
        {"attempt":2,"id":"0197f2a4-6e10-7a2b-9c3d-4e5f60718293","lines":5,"runner":"0197f2a4-6000-7000-8000-000000000001","sequence":4,"status":"SUCCESS","updatedAt":"2026-11-20T09:00:05.250Z","userId":"0197f2a4-6e01-7d4a-8c11-9f0e1d2c3b4a"}
        """#),
    // It waits for its next attempt.
    Golden(
      name: "task.updated.v1", topic: "task.updated", key: "0197f2a4-6e10-7a2b-9c3d-4e5f60718293",
      payload: #"""
        {"attempt":1,"id":"0197f2a4-6e10-7a2b-9c3d-4e5f60718293","lines":5,"nextAttemptAt":"2026-11-20T09:00:04.100Z","reason":"the fake work failed, as it does now and then","runner":"0197f2a4-6000-7000-8000-000000000001","sequence":2,"status":"RUNNING","updatedAt":"2026-11-20T09:00:03.500Z","userId":"0197f2a4-6e01-7d4a-8c11-9f0e1d2c3b4a"}
        """#),
    Golden(
      name: "task.logged.v1", topic: "task.logged", key: "0197f2a4-6e10-7a2b-9c3d-4e5f60718293",
      payload: #"""
        {"attempt":1,"id":"0197f2a4-6e10-7a2b-9c3d-4e5f60718293","line":3,"loggedAt":"2026-11-20T09:00:02.750Z","runner":"0197f2a4-6000-7000-8000-000000000001","text":"step 3 of 5","userId":"0197f2a4-6e01-7d4a-8c11-9f0e1d2c3b4a"}
        """#),
    Golden(
      name: "event.received.v1", topic: "event.received", key: "order-4711",
      payload: #"""
        {"body":"{\"total\":\"12.50\"}","brand":"testBrand","id":"order-4711","isOrdered":false,"name":"order.placed","receivedAt":"2026-11-20T09:00:01.000Z","source":"demo","timestamp":"2026-11-20T09:00:00Z"}
        """#),
    // In order: then its source is the key.
    Golden(
      name: "event.received.v1", topic: "event.received", key: "demo",
      payload: #"""
        {"body":"b","brand":"testBrand","id":"order-4712","isOrdered":true,"name":"order.placed","receivedAt":"2026-11-20T09:00:01.000Z","source":"demo","timestamp":"1795251077"}
        """#),
    Golden(
      name: "event.delivered.v1", topic: "event.delivered", key: "order-4711",
      payload: #"""
        {"answer":"{\"id\":\"order-4711\"}","attempt":1,"deliveredAt":"2026-11-20T09:00:01.019Z","id":"order-4711","runner":"0197f2a4-6000-7000-8000-000000000001","source":"demo"}
        """#),
    Golden(
      name: "event.delivery-retried.v1", topic: "event.delivery-retried", key: "order-4711",
      payload: #"""
        {"attempt":1,"failedAt":"2026-11-20T09:00:01.019Z","id":"order-4711","nextAttemptAt":"2026-11-20T09:00:01.700Z","reason":"the target answered 502","runner":"0197f2a4-6000-7000-8000-000000000001","source":"demo"}
        """#),
    Golden(
      name: "event.delivery-failed.v1", topic: "event.delivery-failed", key: "order-4711",
      payload: #"""
        {"attempt":7,"failedAt":"2026-11-21T09:00:02.000Z","id":"order-4711","reason":"given up after 86400 seconds: the target answered 502","runner":"0197f2a4-6000-7000-8000-000000000001","source":"demo"}
        """#),
    Golden(
      name: "order.created.v1", topic: "order.created", key: "0197f2a4-7b10-7c4e-9d2f-6a5b4c3d2e1f",
      payload: #"""
        {"payload":{"order":{"created_at":"2026-11-20T09:00:01.000Z","customer_fullname":"Ada Lovelace","order_id":"0197f2a4-7b10-7c4e-9d2f-6a5b4c3d2e1f","product_name":"Classic Box","total_amount":9.99}},"producer":"orders","sent_at":"2026-11-20T09:00:01.309Z","type":"order.created"}
        """#),
    // An amount has no more decimals than it needs.
    Golden(
      name: "order.created.v1", topic: "order.created", key: "0197f2a4-7f22-7a31-8b4c-1d2e3f405162",
      payload: #"""
        {"payload":{"order":{"created_at":"2026-11-20T09:00:02.000Z","customer_fullname":"Alan Turing","order_id":"0197f2a4-7f22-7a31-8b4c-1d2e3f405162","product_name":"Family Box / Zürich","total_amount":1500}},"producer":"orders","sent_at":"2026-11-20T09:01:02.312Z","type":"order.created"}
        """#),
    Golden(
      name: "order.failed.v1", topic: "order.failed", key: "0197f2a4-8301-7d5b-a6c7-2f3e4d5c6b7a",
      payload: #"""
        {"payload":{"order":{"created_at":"2026-11-20T09:00:03.000Z","order_id":"0197f2a4-8301-7d5b-a6c7-2f3e4d5c6b7a","product_code":"veggie-box","reason":"the product service answered 500","user_id":"7c11e1ce2741"}},"producer":"orders","sent_at":"2026-11-20T09:01:41.250Z","type":"order.failed"}
        """#),
  ]
}
