"""What this room does when something happens elsewhere: a report that has come is read."""

from dure import build
from dure.ledger import on
from dure.test.report import receive

reactions = [on(build.ReportReceived, receive)]
