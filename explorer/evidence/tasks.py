from explorer.evidence import actions


def build_due() -> None:
    actions.build_due()


def remove_old() -> None:
    actions.remove_old()
