"""The link to the pods over MQTT.

`connection` is one connection to the broker; `link` keeps one alive and sends through it; `outbox` and
`inbox` are the bounded queues on either side, pure; `intake` decodes payloads into values. `several` makes
the links to several brokers one, and `several_rights` keeps the accounts at each.
"""
