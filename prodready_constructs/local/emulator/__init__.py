"""The embedded emulator: ministack behind 127.0.0.1, completed by an adapter of ours.

Runs in its own environment (``requirements/emulator.txt``) and process: ``python -m prodready_constructs.local.emulator --port N``.
Every module here imports only the standard library, boto3, ministack and moto.
"""
