"""A real headless Chromium for the tests of the viewer, and the trees that they look at."""

import json
import random
import shutil

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from hintree.export import ShownTree
from hintree.search import Problem, StepOutput, Tree, choose
from hintree.search.core.hints import Hint
from hintree.view import page

PROGRAMS = ("chromium", "chromedriver")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
LOUD = f"NO BROWSER TESTS: {' and '.join(MISSING)} missing; run `apt-get install chromium chromium-driver`"
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1400,900"
)
QUESTION = (
    "(1) Hugo has 42 pens. (2) Gina gets 25 more pens than Hugo. (3) Noah gets 4 more pens than Gina. (4) Kira has 41 "
    "pens. (5) Ben gets 15 more pens than Noah. (6) Rosa gets 13 more pens than Ben. (7) Mona gets 26 fewer pens than "
    "Rosa. How many pens does Mona have?"
)


class Browser:
    """A browser with a profile of its own, and short ways to what the tests do with a page."""

    def __init__(self, profile):
        if MISSING:
            pytest.skip(LOUD)
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for flag in [*FLAGS.split(), f"--user-data-dir={profile}"]:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.folder = profile

    def show(self, *trees, address="", source=None):
        """Open the page of trees, and wait until it is ready."""
        file = self.folder / f"page-{random.getrandbits(64):x}.html"
        file.write_text(source or page(trees), encoding="utf-8")
        self.open(file, address)

    def open(self, file, address=""):
        """Open a page of ours from a file, and wait until it is ready."""
        self.log()
        self.driver.get("about:blank")  # otherwise an address that differs after the # alone opens no page
        self.driver.get(file.as_uri() + address)
        self.until(lambda: self.run("return document.documentElement.dataset.ready"))

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    def until(self, condition):
        return WebDriverWait(self.driver, 60, 0.02).until(lambda _: condition())

    def frame(self):
        """Wait until the requested view is drawn."""
        self.driver.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(done))")

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        [found] = self.all(selector)
        return found

    def click(self, selector):
        self.run("arguments[0].scrollIntoView({block: 'nearest'})", self.one(selector))  # may draw the list anew
        self.frame()
        self.one(selector).click()
        self.frame()

    def press(self, *keys):
        """Keys for the list, as a person presses them after a click into it."""
        self.run("document.activeElement.blur()")
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()
        self.frame()

    def choose(self, selector, value):
        """Change a field as a person does."""
        self.run(
            "const [s, v] = arguments, e = document.querySelector(s); e.value = v;"
            "for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, {bubbles: true}))",
            *(selector, value),
        )
        self.frame()

    def on_picture(self, kind, x, y, **more):
        """Send an event of the mouse, the wheel or a finger to the picture of the first tree."""
        self.run(
            "const [kind, x, y, more] = arguments, make = kind.startsWith('pointer') ? PointerEvent : "
            "kind === 'wheel' ? WheelEvent : MouseEvent;"
            "const e = new make(kind, {bubbles: true, cancelable: true, ...more});"
            "Object.defineProperties(e, {offsetX: {value: x}, offsetY: {value: y}}); panes[0].canvas.dispatchEvent(e)",
            *(kind, x, y, more),
        )
        self.frame()

    def resize(self, wide, high, scheme="light"):
        """Give the window a size in CSS pixels, also below the least of Chromium, and a colour scheme."""
        size = {"width": wide, "height": high, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.frame()

    def usual_size(self):
        """Take back ``resize``."""
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def rows(self, pane=0):
        """Ids of the rows that the list of a tree has open, in sight or not."""
        return self.run("return panes[arguments[0]].rows", pane)

    def selected(self):
        return self.run("return current.selected")

    def details(self):
        return self.one("#details").text

    def log(self):
        """Complaints on the console, and requests that left the page, since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        urls = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
        left = [url for url in urls if not url.startswith(("file:", "data:", "chrome"))]
        return [entry["message"] for entry in self.driver.get_log("browser")], left


def large_tree(size):
    """A tree of so many steps, with texts, authors and scores as in the lab."""
    draw = random.Random(size)
    tree = Tree(Problem("(1) Luis has 49 coins. (2) Gina gets 19 more coins than Luis. How many coins does Gina have?"))
    open_nodes = [tree.root]
    for i in range(size):
        parent = draw.choice(open_nodes[-40:])
        done = parent.depth > 5 and draw.random() < 0.15
        step = StepOutput(
            f"(3) Hugo gets {i} more coins than Gina. Gina has {i}. {i} + 23 = {i + 23}. Hugo has {i + 23}.",
            "end" if done else "delimiter",
            *(25, 0.9, 0.5, 0.1),
            str(i % 50) if done else None,
        )
        hint = Hint("use (3) and Gina to find Hugo.") if draw.random() < 0.6 else None
        node = tree.add(parent, step, draw.choice(("reasoner", "reasoner", "teacher")), hint=hint, hint_tokens=8)
        tree.record_score(node, draw.random())
        node.visits, node.value = draw.randrange(20), draw.random()
        if node.status == "open" and node.depth < 16:
            open_nodes.append(node)
    return ShownTree(tree, choose(tree).node, "large")


__all__ = ["LOUD", "MISSING", "QUESTION", "Browser", "Keys", "large_tree"]
