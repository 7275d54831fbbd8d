"""What `trunkline skill` does with skills that are trained: pack, sign, publish, add, remove, list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.repository.channels import manifest_in
from flows.cli.out_file import opened_whole
from flows.cli.own_servers import see_mlflow
from flows.cli.parse import find_champion, product_meant, skills_file
from schemas.errors import UserError
from tasks.cache.origin import other_form
from tasks.settings import Settings
from trunkline_edge.bundle.manifest import MINE, Manifest
from trunkline_edge.bundle.packed import write_packed
from trunkline_edge.bundle.skills import misfit, precision_of_trunk, read_skills, write_skills
from trunkline_edge.bundle.store import load_manifest, located_in, stored_manifests
from trunkline_edge.errors import BundleInvalid
from trunkline_edge.printable import printable


def pack_skill(name: str, out: Path, on: str, channel: str, precision: str | None) -> str:
    """Write the newest version of a skill in a precision, or the champion's, to `out`; returns what to do with it."""
    product, (own, *others) = _forms(on, channel)
    forms = {precision_of_trunk(each): each for each in (own, *others)}
    if precision not in (None, *forms):
        raise UserError(f"the champion was built in {' and '.join(forms)}, not in {precision}")
    return write_skill(_newest(name, product, forms[precision] if precision else own).bundle_id, out)


def write_skill(bundle_id: str, out: Path) -> str:
    """Write a skill as one file to `out`; returns what to do with it on the device."""
    repository = Settings.from_environment().repository
    manifest = load_manifest(repository, bundle_id)
    with opened_whole(out) as file:
        write_packed(manifest, located_in(repository), file.buffer)
    told = f"{manifest.product} version {manifest.provenance.version}, {out.stat().st_size / 1e3:.1f} kB: {out}"
    return printable(f"{told}\nOn the device: trunkline-edge skill add {out.name}")


def publish_here(name: str, author: str, on: str, channel: str) -> None:
    """Sign a skill's newest version for each precision of the champion's trunk; what is lacking is said."""
    from deploy.repository.skills import publish_skill
    from tasks.tracking.published import signed_repository

    settings = Settings.from_environment()
    product, forms = _forms(on, channel)
    skills, lacking = [], list[UserError]()
    for form in forms:
        try:
            skills.append(_newest(name, product, form))
        except UserError as error:
            lacking.append(error)
    if not skills:
        raise lacking[0]
    repository = signed_repository(settings)
    added = publish_skill(repository, author, skills, located_in(settings.repository))
    for path, size in added.items():
        print(printable(f"published: {path}, {size / 1e3:.1f} kB, signed by {author}"))
    if not added:
        print("nothing to publish: all is there already")
    for why in lacking:
        print(printable(f"not published: {why}"))
    print(printable(f"On devices: trunkline-edge update ... --skill {author}/{name}"))


def sign_here(files: Sequence[Path], author: str, out: Path | None) -> None:
    """Sign packed skills with a key of this home, and write what the team is to be given."""
    from deploy.repository.handover import sign
    from deploy.repository.keys import KeyFolder
    from deploy.repository.signed import utc_now

    settings = Settings.from_environment()
    state, out = settings.keys / f"author-{author}.json", out or Path(f"{author}.signed.json")
    verb = "take" if state.exists() else "add"
    handed = sign(state, KeyFolder(settings.keys), author, files, utc_now())
    with opened_whole(out) as file:
        file.write(handed.to_bytes().decode())
    for path in handed.files:
        print(f"signed: {path}")
    print(f"key {handed.key.keyid[:16]}, good until {handed.signed.signed.expires:%d %B %Y}")
    flag = " --from" if verb == "add" else ""
    print(printable(f"Hand over {out}; the team: trunkline release author {verb} {author}{flag} {out.name}"))


def _forms(on: str, channel: str) -> tuple[str, list[Manifest]]:
    """Return the product that is meant, and the manifests of its champion: one a precision."""
    settings = Settings.from_environment()
    product, champion = find_champion(settings.repository, on, channel)
    other = other_form(settings.cache, champion.bundle_id)
    others = [manifest_in(other, champion.version)] if other else []
    return product, [load_manifest(settings.repository, champion.bundle_id), *others]


def add_here(name: str, on: str, channel: str) -> None:
    """Let this machine answer with a skill; raises `UserError` where it stands on another trunk."""
    repository = Settings.from_environment().repository
    product, champion = find_champion(repository, on, channel)
    base = load_manifest(repository, champion.bundle_id)
    manifest = _newest(name, product, base)
    if (why := misfit(manifest, base)) is not None:
        raise UserError(why)
    there = read_skills(skills_file(repository, product))
    write_skills(skills_file(repository, product), {**there, name: manifest.bundle_id})
    print(printable(f"added: {name} version {manifest.provenance.version} on {product}"))


def remove_here(name: str, on: str) -> None:
    """Let this machine answer without a skill."""
    repository = Settings.from_environment().repository
    product = product_meant(repository, on)
    there = read_skills(skills_file(repository, product))
    if name not in there:
        raise UserError(f"{product} answers without a skill {name!r} here; its skills: {', '.join(there) or 'none'}")
    write_skills(skills_file(repository, product), {each: there[each] for each in there if each != name})
    print(printable(f"removed: {name}"))


def list_skills(on: str, channel: str) -> None:
    """Print the skills of a product: the newest version on each trunk, and the one that this machine answers with."""
    settings = Settings.from_environment()
    settings.apply()
    see_mlflow()
    from tasks.tracking.registry import skill_versions

    product, champion = find_champion(settings.repository, on, channel)
    base = load_manifest(settings.repository, champion.bundle_id)
    here = read_skills(skills_file(settings.repository, product))
    table = Table(title=f"skills of {product}", title_justify="left")
    for column in ("skill", "version", "kB", "own / others claimed", "here", "stands on the champion's trunk"):
        table.add_column(column, overflow="fold")
    manifests, damaged = list[Manifest](), list[str]()
    for bundle_id in {*(each.bundle_id for each in skill_versions(product)), *here.values()}:
        try:
            manifests += stored_manifests(settings.repository, [bundle_id])  # `clean` removes some
        except BundleInvalid as error:
            damaged.append(str(error))
    for manifest in sorted(manifests, key=lambda each: (each.product, each.provenance.version)):
        size = sum(entry.length for entry in manifest.brought)
        why = misfit(manifest, base)
        table.add_row(
            manifest.product,
            str(manifest.provenance.version),
            f"{size / 1e3:.1f}",
            _claimed(manifest),
            "added" if here.get(manifest.product) == manifest.bundle_id else "",
            "yes" if why is None else f"no: {why}",
        )
    console = Console()
    console.print(table)
    for each in damaged:
        console.print(f"cannot be read: {printable(each)}", markup=False, highlight=False, soft_wrap=True)


def _claimed(manifest: Manifest) -> str:
    found = manifest.provenance.quality.get(MINE, {})
    return " / ".join(f"{found[name] / 100:.1f} %" for name in ("own_claimed", "others_claimed") if name in found)


def _newest(name: str, product: str, base: Manifest) -> Manifest:
    """Return a skill's newest version on the trunk of a bundle."""
    settings = Settings.from_environment()
    settings.apply()
    see_mlflow()
    from tasks.tracking.registry import skill_versions

    found = skill_versions(product)
    if name not in {each.name for each in found}:
        known = ", ".join(dict.fromkeys(each.name for each in found)) or "none"
        raise UserError(f"{product} has no skill {name!r}; there are: {known}; `trunkline skill train` makes one")
    trunk = base.files_of("trunk")[0].sha256
    newest = next((each for each in found if (each.name, each.trunk) == (name, trunk)), None)
    precision = precision_of_trunk(base)
    train = f"`trunkline skill train ... --on {product} --precision {precision}`"
    if newest is None:
        version = base.provenance.version
        raise UserError(
            f"{name} was not trained on the trunk of {product} version {version} in {precision}: {train} does it"
        )
    try:
        return load_manifest(settings.repository, newest.bundle_id)
    except BundleInvalid as error:
        raise UserError(f"{name} version {newest.version} cannot be read: {error}; {train} makes it again") from None
