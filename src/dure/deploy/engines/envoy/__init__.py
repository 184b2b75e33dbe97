"""Envoy between visitors and instances: told by files, asked through a socket, kept up by a shim."""

from dure.deploy.engines.envoy.engine import Envoy

__all__ = ["Envoy"]
