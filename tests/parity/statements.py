"""Hand-made xAPI statements: fields as text, as numbers, as what they should not be, and segments in every spelling."""

from __future__ import annotations

from typing import Any

VIDEO = "https://w3id.org/xapi/video/extensions/"
VERBS = "https://w3id.org/xapi/video/verbs/"


def statement(number: int, verb: str, result: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A statement of the one session that `number` names, four seconds apart."""
    extensions = {f"{VIDEO}{name}": value for name, value in result.pop("extensions", {}).items()}
    said = fields.pop("context", {"session-id": f"s{number // 4}", "length": "120"})
    context = {f"{VIDEO}{name}": value for name, value in said.items()}
    return {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "actor": {"account": {"name": f"learner {number // 8}", "homePage": "https://lms.example"}},
        "verb": {"id": verb if "/" in verb or not verb.islower() else VERBS + verb},
        "object": {"id": "https://lms.example/video/1"},
        "context": {"extensions": context, "platform": "player"},
        "result": {"extensions": extensions, **result},
        "timestamp": f"2026-09-10T10:{number * 4 // 60:02d}:{number * 4 % 60:02d}Z",
        "stored": f"2026-09-10T10:{number * 4 // 60:02d}:{number * 4 % 60:02d}.5Z",
    } | fields


SEGMENTS = [
    "0[.]10[,]5[.]12.5", "0[.]4[,]9", "[.]", "", "  ", "a[.]b", "0[.]1[,]a[.]2", "0[.]1]]x", "NaN[.]5", "0[.]Infinity", "1e1[.]2e1",
    "0[.]1[,]2[.]3[,]", "05[.]07", "+1[.]2", ".5[.]1", '"0"[.]"3"', "0[.]1[,]null[.]4", "0[.]500", "-1[.]3",
]  # fmt: skip
TIMES: list[Any] = [
    12.5, "12.5", "abc", "1d", "NaN", "Infinity", "1_0", " 5 ", "0x1", "1e1", None, True, [1], {"a": 1}, "", "+7", "7.", ".7", "1,5", -0.0,
]  # fmt: skip
SCORES: list[Any] = [(1, 2), ("0.5", "1"), (True, None), ("a", 3.5), (1e-9, 1e9), ({}, []), (0.1, 0.3)]
FLAGS: list[Any] = [True, False, "true", "FALSE", "yes", 1, 0, None, "x", " true ", "t", [True]]
RESPONSES: list[Any] = ["a", 'quo"te', "\u00e9\u0007", "[1,2]", 1.50, True, None, {"b": 1, "a": [1.0, 2]}, "", "back\\slash/"]

ADL = "http://adlnet.gov/expapi/verbs/"
DURATIONS: list[Any] = [
    "PT12S", "PT1H2M3.5S", "P1DT2H", "PT1.5M", "PT", "P", "P1M", "PT-3S", "pt5s", " PT5S", "PT1,5S", "P1W", "PT" + "9" * 12 + "S", "PT5S\n",
]  # fmt: skip
ANSWERS: list[Any] = ["0[,]2", "0[.]1[,]2[.]0", "[,]", "a[,]", "\\Q[,]\\E", 3, ["a", "b"], "https://lms.example/node"]
COURSE = {"id": "c", "definition": {"type": "http://adlnet.gov/expapi/activities/course", "name": {"id": "x/video"}}}
VIDEO_TYPE = "https://w3id.org/xapi/video/activity-type/video"
PARENTS: list[Any] = [
    [{"id": "https://h5p.example/7"}], {"id": "https://h5p.example/8"}, [COURSE], [COURSE, {"id": "v", "definition": {"type": VIDEO_TYPE}}],
    {"id": "w", "definition": {"type": VIDEO_TYPE}}, "[text", "text", 7, [], [[]], {}, None, [{"id": ["list"]}],
    [{"id": 'qu"o\u00e9', "definition": {"type": "a/interactive-video"}}],
]  # fmt: skip


def answer(number: int, verb: str = "answered", library: str = "MultiChoice", **parts: Any) -> dict[str, Any]:
    """A statement about an element of an H5P content. parts: response, interaction, parent, ending, address, kind."""
    definition = {"interactionType": parts.get("interaction"), "type": parts.get("kind")}
    category = [{"id": f"http://h5p.org/libraries/H5P.{library}-1.16"}] if library else []
    context = {"contextActivities": {"parent": parts.get("parent"), "category": category}}
    ending = {"http://id.tincanapi.com/extension/ending-point": parts.get("ending", "PT3S")}
    return statement(
        number, ADL + verb, {"response": parts.get("response"), "score": {"scaled": 0.5}, "completion": True},
        object={"id": parts.get("address", "https://h5p.example/7?subContentId=q"), "definition": definition},
    ) | {"context": context | {"extensions": ending}}  # fmt: skip


FIRST_STATEMENTS = [
    *(statement(500 + number, "paused", {"extensions": {"time": said}}, context={"session-id": "d", "length": said})
      for number, said in enumerate(DURATIONS)),
    *(answer(520 + number, response=said, interaction="choice") for number, said in enumerate(ANSWERS)),
    *(answer(530 + number, response=said, interaction="long-fill-in", library="Essay") for number, said in enumerate(ANSWERS)),
    *(answer(540 + number, parent=said) for number, said in enumerate(PARENTS)),
    *(statement(560 + number, "played", {}, object={"id": "clip"}) | {"context": {"contextActivities": {"parent": said}}}
      for number, said in enumerate(PARENTS)),
    *(answer(580 + number, verb, library) for number, (verb, library) in enumerate([
        ("interacted", "Text"), ("attempted", "InteractiveVideo"), ("answered", "BranchingQuestion"), ("answered", "SimpleMultiChoice"),
        ("completed", "QuestionSet"), ("attempted/", "TrueFalse"), ("x#skipped", "Blanks"), ("passed", ""), ("", "MultiChoice"),
    ])),
    *(answer(590 + number, "interacted", "", kind=kind, address="https://lms.example/a") for number, kind in enumerate([
        "http://adlnet.gov/expapi/activities/link", "x/cta/", "x#product", "x/chapter", "x/branch", "video", "", None, 5,
    ])),
    answer(600, address="https://h5p.example/7?a=1&subContentId=q&b=2", library="Text"),
    answer(601, ending=7), answer(602, ending="7"), answer(603, address=None),
    statement(604, ADL + "interacted", {}, context={"session-id": "i", "speed": "2x"}),
    statement(605, ADL + "interacted", {}, context={"session-id": "i", "volume": 0.5}),
    statement(606, ADL + "interacted", {}, context={"session-id": "i", "full-screen": False}),
    statement(607, ADL + "interacted", {}, context={"session-id": "i", "full-screen": True, "speed": 1}),
    statement(608, ADL + "failed", {"completion": "true", "score": {"raw": 1, "scaled": "0.1"}}),
    statement(609, ADL + "voided", {}, object={"objectType": "StatementRef", "id": "other"}),
    *(statement(number, "played", {"extensions": {"time": time}}) for number, time in enumerate(TIMES)),
    *(statement(100 + number, "paused", {"extensions": {"time": number, "played-segments": said}}, context={"session-id": f"g{number}"})
      for number, said in enumerate(SEGMENTS)),
    *(statement(200 + number, "seeked", {"extensions": {"time-from": time, "time-to": "3", "time": 9}})
      for number, time in enumerate(TIMES[:6])),
    *(statement(220 + number, "answered", {"score": {"raw": raw, "max": top}}) for number, (raw, top) in enumerate(SCORES)),
    *(statement(240 + number, "answered", {"success": said, "response": "r"}) for number, said in enumerate(FLAGS)),
    *(statement(260 + number, "answered", {"response": said}) for number, said in enumerate(RESPONSES)),
    statement(300, "completed", {}, context={"session-id": "c", "completion-threshold": "0.8", "length": 120.0, "speed": "1.5x"}),
    statement(301, "played", {"extensions": {"time": 0}}, context={"session-id": "c", "speed": "X2", "length": "long"}),
    statement(302, "PLAYED", {}, actor={"mbox": "mailto:a@b.c"}, context={"speed": "2X"}),
    statement(303, "http://adlnet.gov/expapi/verbs/Terminated", {}, actor={"openid": "o"}, context={"session-id": 17}),
    statement(304, "no slash Verb", {}, actor={"account": {"name": "nameless"}}),
    statement(305, "played", {}, actor={"mbox_sha1sum": "abc"}, object={"id": "  "}),
    {"verb": {"id": VERBS + "played"}, "timestamp": "2026-09-11T10:00:00+02:00",
     "actor": {"account": {"name": "\u00e9"}}, "object": {"id": "o"}},
    {"verb": "played", "timestamp": "2026-09-11T10:00:01Z", "actor": "x", "object": ["o"], "result": 5, "context": "c"},
]  # fmt: skip
SECOND_STATEMENTS = [
    statement(400, "paused", {"extensions": {"time": 30, "played-segments": "0[.]30[,]60[.]130"}},
              context={"session-id": "g0", "length": 120}),
    statement(401, "terminated", {"extensions": {"time": "31"}}, context={"session-id": "c"}),
]  # fmt: skip
