from consent import retention


def forget_raw_files() -> None:
    retention.forget_raw_files()
