"""What `docs/api.md` shows runs, with the curl that its readers use."""

import os
import re
import shutil
import subprocess
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from openapi_spec_validator import validate

from orders.models import Order
from tests.api import Api

PAGE = settings.BASE_DIR / "docs" / "api.md"


@pytest.mark.django_db(transaction=True)
def test_the_examples_of_the_docs_run_as_they_stand(live_server: Any, api: Api) -> None:
    if shutil.which("curl") is None:
        pytest.skip("needs curl")
    blocks = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        env=os.environ | {"API": f"{live_server.url}/api/v1", "KEY": api.secret, "no_proxy": "*"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert {(each.external_id, each.status) for each in Order.objects.all()} == {
        ("A-1001", "SHIPPED"),
        ("A-1002", "CONFIRMED"),
    }


def test_the_description_is_valid_openapi(client: Client) -> None:
    described = client.get("/api/v1/openapi.json").json()
    validate(described)
    names = [each["operationId"] for path in described["paths"].values() for each in path.values()]
    assert len(names) == len(set(names)) >= 21
