"""Routes, methods and the OpenAPI document agree."""

import re

from firmware.api import (
    advice_schema,
    callback_schema,
    phone_schema,
    report_schema,
    routing_schema,
    schema,
    sip_schema,
    voicemail_schema,
)
from firmware.api.resources import Resources
from firmware.api.routes import ROUTES, openapi


def documents() -> str:
    rooms = (
        schema,
        sip_schema,
        phone_schema,
        routing_schema,
        callback_schema,
        voicemail_schema,
        advice_schema,
        report_schema,
    )
    return "".join(str(room.__doc__) for room in rooms)


def test_the_table_is_the_one_in_the_schemas_docstring() -> None:
    documented = re.findall(r"^ {4}(GET|POST|PUT) +(/[^ ?]*)", documents(), re.MULTILINE)
    served = [(route.method, route.path) for route in ROUTES]
    assert served == [*documented, ("GET", "/openapi.json")]


def test_every_route_has_its_method() -> None:
    assert [r.name for r in ROUTES if not callable(getattr(Resources, r.name, None))] == []


def test_every_reference_in_the_document_is_defined() -> None:
    document = openapi("1.2.3")
    references = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert references <= document["components"]["schemas"].keys()
    assert {"Live", "Office", "Refusal", "Event"} <= references


def test_an_operation_says_what_goes_in_and_out() -> None:
    document = openapi("1.2.3")
    assert document["info"]["version"] == "1.2.3"
    test = document["paths"]["/lines/{number}/test"]["post"]
    assert test["parameters"][0] == {
        "name": "number",
        "in": "path",
        "required": True,
        "schema": {"type": "integer"},
    }
    body = test["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/LineTestRequest"}
    assert {"200", "404", "409", "422", "500", "503"} == test["responses"].keys()
    assert document["paths"]["/calls/{id}/hangup"]["post"]["responses"]["204"]
