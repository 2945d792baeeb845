from consent import retention, settling


def forget_raw_files() -> None:
    retention.forget_raw_files()


def retry_open_answers() -> dict[str, int]:
    """The counts go to the queue's table of results; no patient's value is among them."""
    return settling.retry_open_answers()
