"""Where a call goes: `numbers` is pure; `attend_task` takes each call along its way."""
