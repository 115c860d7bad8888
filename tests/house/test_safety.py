"""What is never written here, and which versions of other people's work are old enough to be unsafe."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.house import tree
from tests.proof import proves

# H-63, H-64 and friends: what is looked for -> why it is not here.
NEVER = {
    r"\bmark_safe\b|\|\s*safe\b|\bautoescape\s+off\b|\bSafeString\b": "HTML is escaped by the templates",
    r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|_create_unverified": "TLS is verified",
    r"verify_signature['\"]?\s*[:=]\s*False|verify_aud['\"]?\s*[:=]\s*False": "tokens are verified",
    r"\.(raw|extra)\(\s*['\"f]|\bRawSQL\b|\bcursor\.execute\(\s*f['\"]": "SQL is the ORM's",
    r"\bpickle\b|\bmarshal\b|\bshelve\b|yaml\.(load|unsafe_load)\(": "nothing is unpickled",
    r"\bcache_page\b|filter\(\*\*request\.": "no cache or filter made of a request",
    r"(?<!\.)\beval\(|(?<!\.)\bexec\(|\bnew Function\(|os\.system\(|shell\s*=\s*True": "no code out of text",
    r"forwarded_allow_ips\s*=\s*['\"]\*|CORS_ALLOW_ALL|ALLOWED_HOSTS\s*=\s*\[['\"]\*": "no door open to all",
    r"trust_env\s*=\s*True|follow_redirects\s*=\s*True|allow_redirects\s*=\s*True": "no proxy, no redirect",
    r"\btime\.sleep\(|\brequests\.(get|post)\(|\burlopen\(": "nothing blocks the event loop",
}
PRODUCT = tree.files(".py", ".html", ".js", ".mjs", under=(*tree.PRODUCT, "templates", "static"))

# H-59: the first versions without a known hole that matters here.
FLOORS = {
    "django": "5.2.19",
    "djangorestframework": "3.18",
    "pyjwt": "2.15",
    "cryptography": "50.0.2",
    "pillow": "13.0.0",
    "aiohttp": "3.14.5",
    "uvicorn": "0.54.0",
    "httptools": "0.9.0",
    "h11": "0.16.0",
    "daphne": "4.2.3",
    "twisted": "26.10.0",
    "autobahn": "26.10.2",
    "pyyaml": "6.0.4",
    "certifi": "2026.10.19",
    "idna": "3.20",
}
LOCKS = ["requirements.lock", "requirements-dev.lock"]


@proves("hard-H63", "hard-H64")
def test_a_dangerous_call_is_nowhere() -> None:
    found = [
        f"{tree.name(path)}: {match[0]}: {why}"
        for path in PRODUCT
        for pattern, why in NEVER.items()
        for match in re.finditer(pattern, tree.code(path))
    ]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "return mark_safe(title)",
        "{{ title|safe }}",
        "httpx.get(url, verify=False)",
        "jwt.decode(t, k, options={'verify_aud': False})",
        "Usage.objects.raw('select 1')",
        "User.objects.filter(**request.GET)",
        "subprocess.run(line, shell=True)",
        "yaml.load(text)",
        "time.sleep(1)",
    ],
)
def test_a_dangerous_call_would_be_seen(planted: str) -> None:
    assert any(re.search(pattern, planted) for pattern in NEVER)


def locked(name: str) -> dict[str, str]:
    lines = (tree.ROOT / name).read_text().splitlines()
    return dict(re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", "\n".join(lines), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
@proves("hard-H59")
def test_every_locked_version_is_at_or_above_its_floor(lock: str) -> None:
    versions = locked(lock)
    low = {
        name: versions.get(name)
        for name, floor in FLOORS.items()
        if name not in versions or Version(versions[name]) < Version(floor)
    }
    assert low == {}


@pytest.mark.parametrize("lock", LOCKS)
@proves("hard-H58")
def test_every_locked_package_has_hashes_and_no_address(lock: str) -> None:
    text = (tree.ROOT / lock).read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) > 40
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert not re.search(r"https?://|--index-url|--find-links|--trusted-host|file:", text)


def test_the_locks_hold_what_the_project_asks_for() -> None:
    """A dependency that was added to pyproject.toml without `make lock` would not be installed."""
    import tomllib

    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())["project"]
    wanted = {"requirements.lock": project["dependencies"], "requirements-dev.lock": project["dependencies"]}
    wanted["requirements-dev.lock"] = wanted["requirements.lock"] + project["optional-dependencies"]["dev"]
    for lock, requirements in wanted.items():
        versions = locked(lock)
        for requirement in map(Requirement, requirements):
            name = re.sub(r"[-_.]+", "-", requirement.name).lower()
            assert versions.get(name) in requirement.specifier if name in versions else False, (lock, name)


def test_the_larger_lock_holds_the_smaller_one() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


MACHINE = re.compile(
    r"/(?:work/(?:main|shared|notes)|home/\w+|opt/wheels|Users/\w+|root/\.pyenv)\b"
    r"|pypi\.org/simple|files\.pythonhosted|registry\.npmjs"
)
MARKED = list(tree.files(".py", ".md", ".toml", ".lock", ".yaml", ".json", ".sh", ".mjs", ".csv", ""))


def test_no_machine_and_no_index_is_named_in_the_tree() -> None:
    """A clone works anywhere, and tells nothing of where it was made."""
    here = Path(__file__)
    named = [
        f"{tree.name(path)}: {found[0]}"
        for path in MARKED
        if path != here and (found := MACHINE.search(path.read_text(errors="replace")))
    ]
    assert named == []


# H-53: who asks the tables of conversations directly. All else is given what `chat.access` let through.
ROWS_OF_CHAT = r"\b(Conversation|Message|Image|Grant)\.objects\.(?!create\b|bulk_create\b)"
MAY_ASK = {
    "chat/access.py": "the door itself",
    "chat/services/": "after `access.get` of the conversation in question",
    "chat/generation/": "the runner, which works for nobody in particular",
    "chat/admin/": "administrators, by grants and break-glass",
    "chat/context.py": "what goes up with a question that was let through",
    "chat/telling.py": "facts for sockets that `access.get` let in",
    "chat/sweeping.py": "deletes what is over",
    "chat/search/": "joins `access.visible`",
}


@proves("hard-H53")
def test_a_conversation_is_had_by_one_door() -> None:
    found = {
        tree.name(path)
        for path in tree.files(".py", under=tree.PRODUCT)
        if re.search(ROWS_OF_CHAT, tree.code(path)) and "/migrations/" not in tree.name(path)
    }
    assert [name for name in sorted(found) if not name.startswith(tuple(MAY_ASK))] == []
    assert "chat/access.py" in found
