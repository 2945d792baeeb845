import pytest

from explorer.demo.people import practice


@pytest.fixture(scope="session")
def synthetic():
    return practice()
