"""``python -m prodready_constructs.local.emulator --port N``: serves until it is stopped."""

import argparse
import os
import signal
import sys
import threading


def main() -> int:
    parser = argparse.ArgumentParser(prog="emulator", description="The embedded AWS emulator, on 127.0.0.1 only.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--moto-port", type=int, required=True, help="a second free port, for the services that moto stands in for")
    arguments = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _prepare_environment(arguments.port)

    # Both read the environment when they are imported.
    from prodready_constructs.local.emulator.pinned import UnusableEmulatorError, check  # noqa: PLC0415

    try:
        check()
    except UnusableEmulatorError as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 3
    from prodready_constructs.local.emulator.server import serve  # noqa: PLC0415

    serve(arguments.port, arguments.moto_port)
    return 0


def _end_with_parent() -> None:
    """The parent holds the other end of stdin: when it is gone, however it went, so is this process with its children."""
    sys.stdin.buffer.read()
    os.killpg(os.getpgid(0), signal.SIGKILL)


def _prepare_environment(port: int) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        del os.environ[name]
    os.environ.update(
        GATEWAY_PORT=str(port),
        BIND_HOST="127.0.0.1",
        # Each of these would open a listener on all interfaces.
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        # A state machine waits a tenth of the time it asks for: nothing here takes as long as it does in AWS.
        SFN_WAIT_SCALE="0.1",
        # The transform of AWS::Serverless wants credentials to exist, not to be valid.
        AWS_ACCESS_KEY_ID=os.environ.get("AWS_ACCESS_KEY_ID", "123456789012"),
        AWS_SECRET_ACCESS_KEY=os.environ.get("AWS_SECRET_ACCESS_KEY", "local"),
        AWS_DEFAULT_REGION=os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        AWS_EC2_METADATA_DISABLED="true",
    )


if __name__ == "__main__":
    raise SystemExit(main())
