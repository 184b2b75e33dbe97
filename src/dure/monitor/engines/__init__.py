"""Engines that keep metrics and logs. They are chosen in app.py and implement `dure.monitor.store`."""
