"""The authored side of the simulated audience: videos, their graphs, elements, quizzes, campaigns, experiments, goals.

Everything here is invented. Times are milliseconds, boxes are in ten-thousandths of the frame, probabilities in millionths.
What a viewer is drawn to (`attraction`, `weight`) is behaviour, and is never written to the catalog.
"""

from __future__ import annotations

from dataclasses import dataclass, field

AUDIENCES = ("marketing", "learning", "enterprise", "media")


@dataclass(frozen=True)
class Option:
    """One answer to a question; `weight` is how often it is taken by those who do not know better."""

    option_id: str
    text: str
    is_correct: bool | None = None
    weight: int = 1


@dataclass(frozen=True)
class Element:
    """Something on the picture. `stops` elements pause playback at `start` and wait for an answer."""

    element_id: str
    element_type: str
    name: str
    start: int
    end: int
    box: tuple[int, int, int, int] = (1000, 7500, 3000, 1500)
    attraction: int = 60_000
    destination_url: str | None = None
    question_id: str | None = None
    text: str | None = None
    topic: str | None = None
    mastery: int = 0
    options: tuple[Option, ...] = ()
    moved_box: tuple[int, int, int, int] | None = None

    @property
    def stops(self) -> bool:
        """Whether playback waits here for an answer."""
        return self.element_type in ("question", "poll", "survey", "form")


@dataclass(frozen=True)
class Edge:
    """A way out of a node: chosen through `element_id`, or taken by default; `weight` is how often it is chosen."""

    to_node_id: str
    element_id: str
    weight: int
    is_default: bool = False


@dataclass(frozen=True)
class Node:
    """One clip; `patience` is the mean media time before a viewer leaves."""

    node_id: str
    title: str
    duration: int
    patience: int = 240_000
    elements: tuple[Element, ...] = ()
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Video:
    """One interactive video; its first node is where it starts."""

    video_id: str
    title: str
    kind: str
    nodes: tuple[Node, ...]
    weight: int
    cost: str
    page_url: str
    experiment_id: str | None = None


@dataclass(frozen=True)
class Campaign:
    """Paid traffic: what its links carry, and what it cost."""

    campaign_id: str
    name: str
    channel: str
    medium: str
    cost: str
    referrer: str | None


@dataclass(frozen=True)
class Template:
    """What every workspace of a simulation has."""

    videos: tuple[Video, ...]
    campaigns: tuple[Campaign, ...] = field(default=())


def _branch(element_id: str, name: str, duration: int, column: int) -> Element:
    return Element(element_id, "branch", name, duration - 8000, duration, (800 + column * 3000, 7600, 2600, 1400), 0)


def _quiz(question_id: str, at: int, text: str, topic: str, answers: tuple[str, ...], mastery: int, lure: int = 1) -> Element:
    """A question whose first answer is right; `mastery` is the chance that an average viewer knows it."""
    options = tuple(
        Option(f"{question_id}-{'abcd'[i]}", answer, i == 0, lure if i == 1 else 1) for i, answer in enumerate(answers)
    )
    return Element(
        f"ask-{question_id}", "question", text, at, at + 1000, (1500, 2000, 7000, 5000),
        question_id=question_id, text=text, topic=topic, mastery=mastery, options=options,
    )  # fmt: skip


def _poll(
    element_id: str, kind: str, at: int, text: str, answers: tuple[tuple[str, int], ...], topic: str = "opinion"
) -> Element:
    options = tuple(Option(f"{element_id}-{i}" if kind == "poll" else answer, answer, None, weight)
                    for i, (answer, weight) in enumerate(answers))  # fmt: skip
    return Element(
        element_id, kind, text, at, at + 1000, (1500, 2000, 7000, 5000),
        question_id=element_id, text=text, topic=topic, options=options,
    )  # fmt: skip


_RATINGS = tuple((str(rating), weight) for rating, weight in zip(range(11), (1, 1, 1, 1, 2, 4, 6, 12, 20, 26, 26), strict=True))


OPEN = "open"
"""The topic of questions answered in the viewer's own words: their answers are no options of the catalog."""

_REMARKS = (
    ("Nothing, it was clear.", 30),
    ("The second chart went by too fast", 22),
    ('What does "median" mean for an even number of values?', 14),
    ("Más ejemplos, por favor", 9),
    ("Größere Schrift!", 8),
    ("more\npauses 🙂", 5),
)


def template(*, hard_question: bool = True, unvisited_node: bool = True) -> Template:
    """The seven videos and four campaigns of one workspace.

    `hard_question`: question `ladder-angle` is known by 24 % instead of 72 %, and its lure takes most wrong answers.
    `unvisited_node`: nobody ever takes the branch to node `tour-archive`.
    """
    tour = Video(
        "product-tour", "A tour of the house", "marketing",
        (
            Node("tour-intro", "Welcome", 40_000, 170_000,
                 (_branch("to-home", "At home", 40_000, 0), _branch("to-work", "At work", 40_000, 1),
                  _branch("to-archive", "The archive", 40_000, 2)),
                 (Edge("tour-home", "to-home", 55), Edge("tour-work", "to-work", 45, True),
                  Edge("tour-archive", "to-archive", 0 if unvisited_node else 15))),
            Node("tour-home", "At home", 60_000, 240_000,
                 (Element("lamp", "hotspot", "Desk lamp", 8_000, 22_000, (1500, 3500, 1800, 2400), 200_000),
                  Element("chair", "product", "Reading chair", 30_000, 50_000, (5200, 4500, 2200, 3600), 150_000,
                          "https://shop.example/chair"),
                  _branch("home-offer", "See the offer", 60_000, 0)),
                 (Edge("tour-offer", "home-offer", 1, True),)),
            Node("tour-work", "At work", 60_000, 240_000,
                 (Element("desk", "product", "Standing desk", 12_000, 38_000, (3000, 4200, 4200, 3000), 140_000,
                          "https://shop.example/desk"),
                  _branch("work-offer", "See the offer", 60_000, 0)),
                 (Edge("tour-offer", "work-offer", 1, True),)),
            Node("tour-archive", "The archive", 50_000, 240_000, (_branch("archive-offer", "See the offer", 50_000, 0),),
                 (Edge("tour-offer", "archive-offer", 1, True),)),
            Node("tour-offer", "The offer", 45_000, 300_000,
                 (Element("newsletter", "form", "Stay in touch", 15_000, 16_000, (2500, 2500, 5000, 5000)),
                  Element("buy-now", "cta", "Buy now", 25_000, 45_000, (6500, 7800, 2500, 1200), 180_000,
                          "https://shop.example/offer", moved_box=(1000, 800, 2500, 1200)))),
        ), 22, "4200.00", "https://www.example.com/tour",
    )  # fmt: skip
    launch = Video(
        "autumn-launch", "The autumn launch", "marketing",
        (Node("autumn-launch", "The autumn launch", 75_000, 180_000,
              (Element("trailer-info", "hotspot", "Facts", 10_000, 26_000, (700, 700, 1600, 1000), 140_000),
               Element("preorder", "cta", "Pre-order", 52_000, 75_000, (3800, 8000, 2400, 1200), 140_000,
                       "https://shop.example/preorder"))),),
        14, "2600.00", "https://www.example.com/launch",
    )  # fmt: skip
    offer = Video(
        "spring-offer", "The spring offer", "marketing",
        (Node("spring-offer", "The spring offer", 60_000, 160_000,
              (Element("offer-cta", "cta", "Get the offer", 30_000, 60_000, (3500, 7800, 3000, 1300), 80_000,
                       "https://shop.example/spring"),)),),
        14, "1800.00", "https://www.example.com/spring", "spring-cta",
    )  # fmt: skip
    safety = Video(
        "ladder-safety", "Working safely on ladders", "learning",
        (Node("ladder-basics", "The basics", 90_000, 480_000,
              (_quiz("ladder-check", 30_000, "What do you check first?", "inspection",
                     ("The feet", "The colour", "The price", "The maker"), 780_000),
               _quiz("ladder-angle", 70_000, "Which angle is right?", "set-up",
                     ("75 degrees", "60 degrees", "45 degrees", "85 degrees"), 240_000 if hard_question else 720_000,
                     6 if hard_question else 1),
               _branch("next-practice", "Practise", 90_000, 0)),
              (Edge("ladder-practice", "next-practice", 1, True),)),
         Node("ladder-practice", "In practice", 80_000, 480_000,
              (_quiz("ladder-top", 25_000, "How far up may you stand?", "use",
                     ("Third rung from the top", "The top", "Second rung", "Anywhere"), 700_000),
               _quiz("ladder-load", 60_000, "What may you carry?", "use",
                     ("What leaves a hand free", "Anything", "A second ladder", "Nothing heavier than you"), 640_000),
               _poll("course-rating", "survey", 78_000, "How likely are you to recommend this course?", _RATINGS)))),
        16, "5200.00", "https://learn.example.com/ladders",
    )  # fmt: skip
    data = Video(
        "data-basics", "Reading a chart", "learning",
        (Node("data-basics", "Reading a chart", 150_000, 420_000,
              (Element("part-two", "chapter", "Part two", 60_000, 75_000, (8000, 500, 1500, 800), 50_000),
               _quiz("chart-axis", 45_000, "Where does the axis start?", "axes",
                     ("At zero", "At the minimum", "At one"), 740_000),
               _quiz("chart-mean", 120_000, "Which one is the median?", "averages",
                     ("The middle one", "The sum", "The largest"), 610_000),
               _poll("chart-comment", "survey", 148_000, "What should we explain better?", _REMARKS, OPEN))),),
        9, "3100.00", "https://learn.example.com/charts",
    )  # fmt: skip
    drill = Video(
        "fire-drill", "Fire drill", "enterprise",
        (Node("drill-alarm", "The alarm", 55_000, 600_000,
              (_quiz("drill-first", 40_000, "What comes first?", "evacuation",
                     ("Leave the room", "Fetch your coat", "Call a friend"), 830_000),
               _branch("drill-stairs-go", "Stairs", 55_000, 0), _branch("drill-lift-go", "Lift", 55_000, 1)),
              (Edge("drill-stairs", "drill-stairs-go", 80, True), Edge("drill-lift", "drill-lift-go", 20))),
         Node("drill-stairs", "By the stairs", 60_000, 600_000,
              (Element("exit-sign", "hotspot", "Exit sign", 5_000, 25_000, (4200, 600, 1600, 900), 200_000),
               _poll("drill-clear", "survey", 55_000, "Was this clear?",
                     (("1", 2), ("2", 3), ("3", 12), ("4", 40), ("5", 43))))),
         Node("drill-lift", "By the lift", 35_000, 600_000, (_branch("lift-back", "Start again", 35_000, 0),),
              (Edge("drill-alarm", "lift-back", 1, True),))),
        13, "6900.00", "https://intranet.example/drill",
    )  # fmt: skip
    story = Video(
        "lighthouse", "The lighthouse", "media",
        (Node("shore", "The shore", 70_000, 260_000,
              (_branch("take-boat", "Take the boat", 70_000, 0), _branch("take-path", "Take the path", 70_000, 1)),
              (Edge("boat", "take-boat", 60, True), Edge("path", "take-path", 40))),
         Node("boat", "The boat", 55_000, 260_000,
              (Element("lantern", "hotspot", "Lantern", 14_000, 30_000, (6000, 3000, 1200, 1800), 220_000),
               _branch("boat-tower", "Go on", 55_000, 0), _branch("boat-back", "Turn back", 55_000, 1)),
              (Edge("tower", "boat-tower", 75, True), Edge("shore", "boat-back", 25))),
         Node("path", "The path", 65_000, 260_000,
              (_poll("trust-keeper", "poll", 33_000, "Do you trust the keeper?", (("Yes", 58), ("No", 42))),
               _branch("path-tower", "Go on", 65_000, 0)),
              (Edge("tower", "path-tower", 1, True),)),
         Node("tower", "The tower", 60_000, 300_000,
              (Element("share-story", "button", "Share", 40_000, 60_000, (8500, 8500, 1000, 900), 60_000),
               _branch("light-on", "Light it", 60_000, 0), _branch("light-off", "Leave it dark", 60_000, 1)),
              (Edge("dawn", "light-on", 66, True), Edge("night", "light-off", 34))),
         Node("dawn", "Dawn", 40_000, 400_000), Node("night", "Night", 38_000, 400_000)),
        12, "9900.00", "https://stories.example.com/lighthouse",
    )  # fmt: skip
    campaigns = (
        Campaign("autumn-mail", "Autumn newsletter", "newsletter", "email", "600.00", None),
        Campaign("autumn-search", "Autumn search", "search", "cpc", "2400.00", "https://search.example/"),
        Campaign("autumn-social", "Autumn social", "social", "paid-social", "1800.00", "https://social.example/"),
        Campaign("partner-blog", "Partner blog", "partner", "referral", "300.00", "https://blog.example/post"),
    )
    return Template((tour, launch, offer, safety, data, drill, story), campaigns)
