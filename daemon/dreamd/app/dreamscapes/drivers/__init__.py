"""The drivers of one Dreamscape: time, pods and breakers act on the aggregate that they hold."""
