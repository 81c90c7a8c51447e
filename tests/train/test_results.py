"""What a training leaves: PEFT's configuration without a place of this machine."""

import json

from harness.train.results import name_base


def test_the_configuration_is_the_same_whatever_order_a_set_had(tmp_path):
    """PEFT writes the names of modules in another order in each process, and the adapter's digest was another."""
    written = []
    for names in (["v", "q", "k"], ["k", "v", "q"]):
        file = tmp_path / "adapter_config.json"
        file.write_text(
            json.dumps(
                {"r": 2, "target_modules": names, "exclude_modules": "x", "base_model_name_or_path": "/home/ada"}
            )
        )
        name_base(file, "tiny")
        written.append(file.read_text())

    assert written[0] == written[1]
    assert json.loads(written[0])["target_modules"] == ["k", "q", "v"]
    assert json.loads(written[0])["exclude_modules"] == "x"
    assert json.loads(written[0])["base_model_name_or_path"] == "tiny"
