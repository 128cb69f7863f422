"""Proof without an AWS account: an embedded emulator, a real deployment to it, the hardening read back, and drills.

``python -m prodready_constructs.local up --assembly cdk.out`` runs it all. Nothing here knows a construct: what is expected
comes from the synthesized assembly, what is found from the API.
"""
