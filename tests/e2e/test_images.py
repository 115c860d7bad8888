"""Images of a question: how they come in, what is refused, what becomes of them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Route, expect

from tests.e2e.chatpage import ChatPage
from tests.e2e.pages import PageOf
from tests.e2e.pictures import png, upload
from tests.e2e.stage import Stage
from tests.e2e.test_composer_keys import opened
from tests.proof import proves

FILES = """async ([where, kind, files, texts]) => {
  const carried = new DataTransfer();
  for (const { name, mimeType, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    carried.items.add(new File([bytes], name, { type: mimeType }));
  }
  for (const [type, text] of Object.entries(texts)) carried.setData(type, text);
  const target = document.querySelector(where);
  const about = { bubbles: true, cancelable: true };
  const event = kind === 'paste'
    ? new ClipboardEvent('paste', { ...about, clipboardData: carried })
    : new DragEvent(kind, { ...about, dataTransfer: carried });
  return target.dispatchEvent(event);
}"""


def give(
    chat: ChatPage, kind: str, *names: str, where: str = "#text", texts: dict[str, str] | None = None
) -> bool:
    """Paste or drop pictures -> whether the browser is left to do what it does with it."""
    content = base64.b64encode(png()).decode()
    files = [{"name": name, "mimeType": "image/png", "base64": content} for name in names]
    return bool(chat.page.evaluate(FILES, [where, kind, files, texts or {}]))


def choose(chat: ChatPage, *files: dict[str, Any]) -> None:
    chat.page.locator("#dock input[type=file]").set_input_files(list(files))  # type: ignore[arg-type]


def thumbs(chat: ChatPage) -> Locator:
    return chat.page.get_by_role("list", name=chat.t("composer.images")).get_by_role("listitem")


def uploaded(chat: ChatPage, count: int = 1) -> None:
    expect(chat.page.locator(".thumb[data-state=done]")).to_have_count(count)


# ---- coming in -------------------------------------------------------------------------------------


@proves("ui-16", "ui-17")
def test_an_image_is_chosen_shown_and_asked_about(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    with chat.page.expect_file_chooser() as chooser:
        chat.button("composer.image").click()
    chooser.value.set_files(upload("chart.png"))  # type: ignore[arg-type]
    uploaded(chat)
    expect(thumbs(chat)).to_contain_text("chart.png")
    expect(thumbs(chat)).to_contain_text(re.compile(r"\d+ kB → \d+ kB"))
    chat.ask("What is this?")
    expect(chat.questions.locator("img")).to_have_count(1)
    expect(thumbs(chat)).to_have_count(0)
    assert len(chat.page.wire.said("chat.send")[0]["images"]) == 1
    chat.settled()
    assert stage.model.asked[-1]["model"] == "qwen3-vl:8b"


@proves("ui-16")
def test_a_screenshot_is_pasted(page_of: PageOf) -> None:
    chat = opened(page_of)
    assert not give(chat, "paste", "image.png")
    uploaded(chat)
    assert not give(chat, "paste", "image.png", where="body")  # wherever the focus is
    uploaded(chat, 2)
    expect(chat.box).to_have_value("")


@proves("ui-16")
def test_an_image_is_dropped_anywhere_on_the_dialogue(page_of: PageOf) -> None:
    chat = opened(page_of)
    zone = chat.page.locator(".dropzone")
    give(chat, "dragenter", "photo.png", where="#log")
    expect(zone).to_be_visible()
    assert not give(chat, "dragover", "photo.png", where="#log")
    shown, main = zone.bounding_box(), chat.page.locator("main").bounding_box()
    assert shown is not None
    assert main is not None
    assert shown["width"] * shown["height"] > 0.9 * main["width"] * main["height"]
    assert not give(chat, "drop", "photo.png", where="#log")
    expect(zone).to_be_hidden()
    uploaded(chat)
    assert not give(chat, "drop", "photo.png", where="#side")  # the browser does not open it either
    expect(thumbs(chat)).to_have_count(1)


@pytest.mark.parametrize(
    ("texts", "images"),
    [
        ({"text/plain": "1\t2", "text/html": "<table></table>"}, 0),
        ({"text/html": "<img>"}, 1),
        ({"text/plain": "photo.png"}, 1),
    ],
    ids=["office", "image-of-a-page", "file"],
)
@proves("ui-20")
def test_office_pastes_its_text_and_not_the_picture_of_it(
    page_of: PageOf, texts: dict[str, str], images: int
) -> None:
    chat = opened(page_of)
    assert give(chat, "paste", "image.png", texts=texts) is (images == 0)
    expect(thumbs(chat)).to_have_count(images)


# ---- refused at once -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ({"name": "IMG_1.HEIC", "mimeType": "image/heic", "buffer": b"x"}, "composer.image.heic"),
        ({"name": "notes.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}, "composer.image.kind"),
        ({"name": "drawing.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"}, "composer.image.kind"),
    ],
    ids=["heic", "pdf", "svg"],
)
@proves("ui-19")
def test_what_is_no_image_is_refused_before_it_is_sent(
    page_of: PageOf, file: dict[str, Any], key: str
) -> None:
    chat = opened(page_of, lang="zh-CN")
    sent: list[str] = []
    chat.page.on("request", lambda request: sent.append(request.url))
    choose(chat, file)
    expect(chat.toasts).to_contain_text(chat.t(key))
    expect(chat.toasts).to_contain_text(file["name"])
    expect(thumbs(chat)).to_have_count(0)
    assert not [url for url in sent if url.endswith("/api/images")]


@proves("ui-19")
def test_a_file_that_is_too_large_names_the_limit(page_of: PageOf, tmp_path: Path) -> None:
    chat = opened(page_of)
    large = tmp_path / "scan.png"
    with large.open("wb") as file:
        file.write(png())
        file.truncate(20_971_521)
    chat.page.locator("#dock input[type=file]").set_input_files(large)
    expect(chat.toasts).to_contain_text(re.compile(r"scan\.png: .*21 MB.*2[01](\.\d)? MB"))
    expect(thumbs(chat)).to_have_count(0)


@proves("ui-19")
def test_a_photo_with_a_false_name_and_too_many_pixels_stay_here(page_of: PageOf) -> None:
    chat = opened(page_of)
    heic = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\0\0\0\x24ftypheic" + bytes(24)}
    choose(chat, heic)
    expect(thumbs(chat)).to_contain_text(chat.t("composer.image.heic"))
    expect(thumbs(chat).get_by_role("button", name=re.compile("again"))).to_have_count(0)
    expect(chat.button("composer.send")).to_be_disabled()
    expect(chat.page.locator("#text-note")).to_have_text(chat.t("composer.failed"))
    chat.button("composer.image.remove", name="photo.jpg").click()
    expect(thumbs(chat)).to_have_count(0)
    expect(chat.box).to_be_focused()


@proves("ui-19")
def test_there_are_only_so_many_images(page_of: PageOf) -> None:
    chat = opened(page_of)
    choose(chat, *[upload(f"{place}.png") for place in range(9)])
    expect(thumbs(chat)).to_have_count(8)
    expect(chat.toasts).to_contain_text(chat.t("composer.image.many", limit="8"))


# ---- on their way ----------------------------------------------------------------------------------


@proves("ui-18")
def test_a_question_waits_for_its_images(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    held: list[Route] = []
    chat.page.route("**/api/images", lambda route: held.append(route))
    choose(chat, upload("slow.png"))
    expect(chat.page.get_by_role("progressbar")).to_be_visible()
    chat.ask("What is this?")
    expect(chat.page.locator("#text-note")).to_have_text(chat.t("composer.held"))
    chat.box.press("Escape")  # rather not yet
    expect(chat.page.locator("#text-note")).not_to_have_text(chat.t("composer.held"))
    chat.box.press("Enter")
    expect(chat.questions).to_have_count(0)
    held[0].continue_()
    expect(chat.questions.locator("img")).to_have_count(1)
    assert [len(frame["images"]) for frame in chat.page.wire.said("chat.send")] == [1]


@proves("ui-18")
def test_a_question_waits_for_images_also_where_the_page_is_not_ready_for_them(page_of: PageOf) -> None:
    chat = opened(page_of)
    held: list[Route] = []
    chat.page.route(re.compile("/static/dist/images-"), lambda route: held.append(route))
    choose(chat, upload("early.png"))
    chat.ask("What is this?")
    expect(chat.page.locator("#text-note")).to_have_text(chat.t("composer.held"))
    held[0].continue_()
    expect(chat.questions.locator("img")).to_have_count(1)
    assert [len(frame["images"]) for frame in chat.page.wire.said("chat.send")] == [1]


@proves("ui-18", "ui-96")
def test_an_upload_that_failed_is_tried_again_alone(
    page_of: PageOf, allow: Callable[..., None], axe: Callable[..., list[str]]
) -> None:
    allow("Failed to load resource")
    chat = opened(page_of)
    chat.page.route("**/api/images", lambda route: route.abort(), times=1)
    choose(chat, upload("first.png"))
    expect(chat.page.locator(".thumb[data-state=failed]")).to_have_count(1)
    choose(chat, upload("second.png"))
    uploaded(chat, 1)
    chat.box.fill("What is this?")
    expect(chat.button("composer.send")).to_be_disabled()
    assert axe(chat.page) == []
    chat.button("composer.image.retry", name="first.png").click()
    uploaded(chat, 2)
    expect(chat.button("composer.send")).to_be_enabled()
    expect(thumbs(chat)).to_contain_text(["first.png", "second.png"])


@proves("ui-19")
def test_what_the_gateway_refuses_says_why(page_of: PageOf, allow: Callable[..., None]) -> None:
    allow("Failed to load resource")
    chat = opened(page_of)
    choose(chat, {"name": "broken.png", "mimeType": "image/png", "buffer": png()[:200]})
    expect(chat.page.locator(".thumb[data-state=failed]")).to_have_count(1)
    expect(thumbs(chat)).not_to_contain_text("error.")


@proves("ui-23")
def test_images_of_a_draft_survive_a_reload(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    choose(chat, upload("kept.png"))
    uploaded(chat)
    chat.box.fill("What is this?")
    chat.page.reload()
    chat.ready()
    uploaded(chat)
    expect(thumbs(chat)).to_contain_text("kept.png")
    chat.box.press("Enter")
    expect(chat.questions.locator("img")).to_have_count(1)
    assert len(chat.page.wire.said("chat.send")[-1]["images"]) == 1


@proves("ui-23", "ui-9")
def test_images_stay_with_their_conversation(stage: Stage, page_of: PageOf) -> None:
    stage.seed(owner="alice", title="Pools", messages=["Q", "A"])
    chat = opened(page_of)
    held: list[Route] = []
    chat.page.route("**/api/images", lambda route: held.append(route))
    choose(chat, upload("slow.png"))
    expect(thumbs(chat)).to_have_count(1)
    chat.row("Pools").click()
    expect(thumbs(chat)).to_have_count(0)
    with chat.page.expect_response("**/api/images"):
        held[0].continue_()
    chat.page.go_back()
    uploaded(chat)


@proves("ui-23")
def test_an_image_that_the_server_forgot_says_so_and_can_be_taken_away(
    stage: Stage, page_of: PageOf, allow: Callable[..., None]
) -> None:
    allow("Failed to load resource")
    chat = opened(page_of)
    draft = {
        "text": "What is this?",
        "images": [{"id": "00000000-0000-4000-8000-000000000000", "name": "old.png"}],
    }
    chat.page.evaluate(
        "([who, draft]) => localStorage.setItem(`clawdbot:${who}:draft:new`, JSON.stringify(draft))",
        [stage.ids["alice"], draft],
    )
    chat.page.reload()
    expect(thumbs(chat)).to_contain_text(chat.t("composer.image.gone"))
    expect(chat.button("composer.send")).to_be_disabled()
    chat.button("composer.image.remove", name="old.png").click()
    expect(chat.button("composer.send")).to_be_enabled()


# ---- looking at them -------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["Escape", "button", "ground"])
@proves("ui-21")
def test_an_image_is_seen_in_full_and_the_focus_comes_back(
    page_of: PageOf, axe: Callable[..., list[str]], way: str
) -> None:
    chat = opened(page_of)
    choose(chat, upload("chart.png"))
    uploaded(chat)
    small = chat.button("composer.image.view", name="chart.png")
    small.press("Enter")
    shown = chat.dialog.get_by_role("img", name="chart.png")
    expect(shown).to_be_visible()
    assert axe(chat.page) == []
    if way == "Escape":
        chat.page.keyboard.press("Escape")
    elif way == "button":
        chat.button("close", chat.dialog).click()
    else:
        chat.page.mouse.click(5, 5)
    expect(chat.dialog).to_have_count(0)
    expect(small).to_be_focused()


def turned() -> bytes:
    """A JPEG of 60 x 40 whose EXIF says: turn it by 90 degrees; with a camera's name in it."""
    about = Image.Exif()
    about[0x0112], about[0x010F] = 6, "Somebody's camera"
    out = BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG", exif=about)
    return out.getvalue()


@proves("ui-22")
def test_a_turned_photo_stands_upright_and_tells_nothing_of_its_camera(stage: Stage, page_of: PageOf) -> None:
    chat = opened(page_of)
    with chat.page.expect_response("**/api/images") as answer:
        choose(chat, {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": turned()})
    made = answer.value.json()
    assert (made["width"], made["height"]) == (40, 60)
    assert b"camera" not in stage.client("alice").get(f"/api/images/{made['id']}").content


# ---- who may not -----------------------------------------------------------------------------------


@proves("ui-24")
def test_without_the_right_the_button_says_why(page_of: PageOf) -> None:
    chat = opened(page_of, who="writer")
    why = chat.t("composer.image.scope", scope="image:upload")
    button = chat.page.get_by_role("button", name=re.compile(re.escape(chat.t("composer.image"))))
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_have_attribute("title", why)
    give(chat, "paste", "image.png")
    expect(chat.toasts).to_contain_text(why)
    give(chat, "dragenter", "image.png", where="#log")
    assert not give(chat, "dragover", "image.png", where="#log")
    expect(chat.page.locator(".dropzone")).to_be_hidden()


@proves("ui-24")
def test_where_no_model_takes_images_the_button_says_so(stage: Stage, page_of: PageOf) -> None:
    stage.configure(models={"default": "qwen3:32b", "vision": ""})
    chat = opened(page_of)
    button = chat.page.get_by_role("button", name=re.compile(re.escape(chat.t("composer.image"))))
    expect(button).to_have_attribute("title", chat.t("composer.image.vision"))
