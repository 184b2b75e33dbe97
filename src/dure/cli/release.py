"""`dure release`: what was released, and whether it is what it says it is."""

import base64
import hashlib

import click
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dure.cli.client import part
from dure.cli.options import client_for, house_option, json_option, minute, print_json, print_table
from dure.cli.project import path_of, project_option
from dure.kit import Refused, paint, plain, say, told
from dure.wire import NewRelease, ReleaseDetail, ReleaseInfo, ReleaseList


@click.group(
    invoke_without_command=True,
    help=told(say("Releases: what was made of a green commit. Without another word it lists them.")),
)
@click.pass_context
def release(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        context.invoke(list_releases)


@release.command("list", help=told(say("Lists releases, the newest first.")))
@project_option
@house_option
@json_option
def list_releases(project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/releases", ReleaseList)
    if as_json:
        print_json(found)
        return
    rows = [[each.tag or "", each.state, each.sha[:10], minute(each.made_at)] for each in found.releases]
    print_table([say("Release"), say("State"), say("Commit"), say("Made")], rows, say("There are no releases yet."))


@release.command("show", help=told(say("Shows one release with what is new in it.")))
@click.argument("version")
@project_option
@house_option
@json_option
def show_release(version: str, project: str | None, house: str | None, as_json: bool) -> None:
    found = client_for(house).get(f"{path_of(project)}/releases/{part(version)}", ReleaseDetail)
    if as_json:
        print_json(found)
        return
    print(paint(plain(f"{found.tag}  {found.sha[:10]}"), "strong"))
    print(plain(found.changelog))
    for file in found.artifacts:
        print(plain(f"{file.name}  {file.size}  {file.digest}"))


@release.command("new", help=told(say("Releases a commit by hand, unless a check found it wrong.")))
@click.argument("sha")
@project_option
@house_option
@json_option
def new_release(sha: str, project: str | None, house: str | None, as_json: bool) -> None:
    made = client_for(house).post(f"{path_of(project)}/releases", NewRelease(sha=sha), ReleaseInfo)
    print_json(made) if as_json else print(paint(plain(told(say("Releasing {sha}.", sha=made.sha[:10]))), "good"))


class Signature(msgspec.Struct):
    sig: str


class Envelope(msgspec.Struct):
    payload: str
    payloadType: str  # noqa: N815 - the name in the specification
    signatures: list[Signature]


class Subject(msgspec.Struct):
    name: str
    digest: dict[str, str]


class Statement(msgspec.Struct):
    subject: list[Subject]


class NotAsSigned(Refused):
    """A file, or the provenance, is not what was signed."""


@release.command(
    "verify",
    help=told(say("Fetches every file of a release and checks it against the provenance that the house has signed.")),
)
@click.argument("version")
@click.option(
    "--key", metavar="HEX", help=told(say("The public key that you expect; any key of the house, if not said."))
)
@project_option
@house_option
@json_option
def verify_release(version: str, key: str | None, project: str | None, house: str | None, as_json: bool) -> None:
    client = client_for(house)
    found = client.get(f"{path_of(project)}/releases/{part(version)}", ReleaseDetail)
    if key is not None and key.lower() != found.signed_by:
        raise NotAsSigned(say("The provenance was signed by another key: {key}.", key=found.signed_by))
    signed = {one.name: one.digest.get("sha256") for one in statement(found.provenance, found.signed_by).subject}
    for file in found.artifacts:
        status, _, data = client.send("GET", file.url, None)
        if status != 200 or hashlib.sha256(data).hexdigest() != signed.get(file.name):
            raise NotAsSigned(say("{name} is not the file that was signed.", name=file.name))
    if as_json:
        print_json({"version": found.version, "signed_by": found.signed_by, "files": sorted(signed)})
        return
    good = say(
        "{count} files are what {tag} was signed for, by the key {key}.",
        count=len(found.artifacts),
        tag=found.tag,
        key=found.signed_by[:16],
    )
    print(paint(plain(told(good)), "good"))


def statement(provenance: str, key: str) -> Statement:
    """What was signed, once the signature has been found good."""
    envelope = msgspec.json.decode(provenance, type=Envelope)
    payload = base64.b64decode(envelope.payload)
    kind = envelope.payloadType.encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    for one in envelope.signatures:
        try:
            public.verify(base64.b64decode(one.sig), signed)
        except InvalidSignature:
            continue
        return msgspec.json.decode(payload, type=Statement)
    raise NotAsSigned(say("The provenance was not signed by this house."))
