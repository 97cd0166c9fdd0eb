"""SDKs are extras: none is imported before a client is asked for, and a missing one is named with its remedy."""

from __future__ import annotations

import subprocess
import sys

import pytest

from countenance.core.errors import VendorSdkMissing
from countenance.vendors.azure_client import AzureFaceClient
from countenance.vendors.rekognition_client import RekognitionClient
from countenance.vendors.values import RetryPlan


def test_a_missing_sdk_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(VendorSdkMissing, match="boto3") as rekognition:
        RekognitionClient(endpoint_url=None, region="us-east-1", profile=None, retry=RetryPlan())
    assert "countenance[rekognition]" in rekognition.value.remedy
    monkeypatch.setitem(sys.modules, "azure.ai.vision.face", None)
    with pytest.raises(VendorSdkMissing, match="azure-ai-vision-face") as azure:
        AzureFaceClient(endpoint="https://example.org", key="k", retry=RetryPlan())
    assert "countenance[azure]" in azure.value.remedy


def test_the_command_line_and_the_adapters_load_no_sdk() -> None:
    script = (
        "import sys, countenance.cli.main, countenance.vendors.rekognition, countenance.vendors.azure\n"
        "print([name for name in ('boto3', 'botocore', 'azure') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
