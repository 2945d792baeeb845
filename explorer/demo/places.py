"""Where the invented patients live: real towns with their zips and area codes, invented streets."""

from typing import NamedTuple


class Town(NamedTuple):
    name: str
    state: str
    area_codes: tuple[str, ...]
    zips: tuple[str, ...]


BIRMINGHAM = ("205", "205", "205", "659")
NORTH = ("256", "256", "938")


def _towns(state: str, area_codes: tuple[str, ...], text: str) -> list[Town]:
    lines = (line.split(":") for line in text.strip().splitlines())
    return [Town(name.strip(), state, area_codes, tuple(zips.split())) for name, zips in lines]


NEAR = _towns("AL", BIRMINGHAM, """
    Birmingham: 35205 35206 35209 35210 35211 35213 35214 35215 35216 35217 35223 35226 35235 35242 35243
    Hoover: 35226 35244 35216
    Vestavia Hills: 35216 35243
    Trussville: 35173
    Homewood: 35209
    Bessemer: 35020 35022 35023
    Pelham: 35124
    Alabaster: 35007
    Gardendale: 35071
    Hueytown: 35023
    Mountain Brook: 35213 35223
    Helena: 35080
    Chelsea: 35043
    Leeds: 35094
    Pinson: 35126
    Irondale: 35210
    Moody: 35004
    Fairfield: 35064
    Fultondale: 35068
    Pleasant Grove: 35127
    McCalla: 35111
    Calera: 35040
    Columbiana: 35051
    Montevallo: 35115
    Warrior: 35180
    Springville: 35146
    Odenville: 35120
    Adamsville: 35005
    Dora: 35062
    Morris: 35116
""")  # fmt: skip

FAR = (
    _towns("AL", BIRMINGHAM, """
        Jasper: 35501 35504
        Tuscaloosa: 35401 35405
        Northport: 35473 35475
        Clanton: 35045
        Oneonta: 35121
        Pell City: 35125 35128
    """)
    + _towns("AL", NORTH, """
        Cullman: 35055 35057
        Gadsden: 35901 35904
        Anniston: 36201 36207
        Sylacauga: 35150
        Talladega: 35160
        Huntsville: 35801
        Decatur: 35601
    """)
    + _towns("AL", ("334",), """
        Montgomery: 36117
        Auburn: 36830
        Selma: 36701
    """)
    + _towns("AL", ("251",), """
        Mobile: 36608
        Foley: 36535
    """)
)  # fmt: skip

OUT_OF_STATE = (
    Town("Portland", "ME", ("207",), ("04101",)),
    Town("Brattleboro", "VT", ("802",), ("05301",)),
    Town("Worcester", "MA", ("508",), ("01602",)),
    Town("Nashua", "NH", ("603",), ("03060",)),
    Town("Hartford", "CT", ("860",), ("06105",)),
    Town("Cherry Hill", "NJ", ("856",), ("08002",)),
    Town("Warwick", "RI", ("401",), ("02886",)),
    Town("Pensacola", "FL", ("850",), ("32503",)),
    Town("Chattanooga", "TN", ("423",), ("37405",)),
    Town("Columbus", "MS", ("662",), ("39701",)),
)

STREETS = (
    "Oak Hill", "Cahaba River", "Old Rocky Ridge", "Dogwood", "Magnolia", "Cherokee", "Shades Crest",
    "Lakeview", "Cedar Ridge", "Camellia", "Hickory", "Mill Creek", "Valley Ridge", "Pine Needle", "Azalea",
    "Red Mountain", "Sweetgum", "Wisteria", "County Road 47", "County Road 212", "Church", "Quarry",
    "Sycamore", "Chestnut", "Bluff Park", "Patton Chapel", "Deer Run", "Eagle Point", "Overlook",
    "Stonehaven", "Heritage", "Pine Barren",
)  # fmt: skip

STREET_KINDS = ("Dr", "Rd", "Ln", "St", "Ct", "Cir", "Ave", "Trl", "Pl", "Way")

FACILITIES = ("Camellia Terrace Assisted Living", "Cahaba Ridge Village", "Sweetgum Manor Nursing Center")
