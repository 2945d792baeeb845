"""Names for invented people: those of several generations, the commonest first, and parts of rarer ones."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words(
    "Mary Patricia Linda Barbara Elizabeth Betty Dorothy Margaret Helen Carol Ruth Sharon Shirley Judith "
    "Virginia Martha Nancy Sandra Donna Brenda Janice Joyce Frances Gloria Alice Jean Evelyn Cheryl "
    "Mildred Katherine Joan Rose Janet Phyllis Norma Marilyn Diane Peggy Wanda Bonnie Ann Ruby Lois "
    "Kathleen Beverly Annie Connie Rebecca Pamela Deborah Susan Jacqueline Catherine Theresa Christine "
    "Charlotte Ethel Louise Anna Irene Josephine Edna Ella Willie Juanita Bertha Eleanor Emma Carolyn "
    "Sara Gladys Thelma Pauline Marjorie Lillian Edith Grace Sylvia Ernestine Geraldine Loretta Vivian Jo "
    "Maxine Dolores Rosemary Jeanette Lucille Maria Rosa Guadalupe Carmen Teresa Ana Latoya Keisha Tamika "
    "Kimberly Jennifer Michelle Angela Melissa Amy Stephanie"
)
MEN = _words(
    "James Robert John William Richard Charles George Thomas Donald Joseph Edward Frank Raymond Kenneth "
    "Harold Paul Jack Walter David Henry Albert Gerald Arthur Willie Ralph Carl Ronald Larry Eugene Jerry "
    "Billy Roy Roger Fred Louis Clarence Ernest Bobby Howard Jimmy Lawrence Harry Johnny Michael Gary "
    "Dennis Stephen Wayne Douglas Danny Samuel Daniel Anthony Leonard Earl Melvin Herbert Marvin Leroy "
    "Norman Alfred Lewis Bernard Clifford Gordon Theodore Alvin Francis Andrew Chester Clyde Edwin Vernon "
    "Leon Cecil Herman Floyd Jesse Glenn Calvin Benjamin Philip Patrick Gregory Timothy Steven Mark Jose "
    "Juan Luis Carlos Francisco Jesus Antonio Darnell Tyrone Kevin"
)
FAMILIES = _words(
    "Smith Johnson Williams Brown Jones Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White "
    "Harris Martin Thompson Robinson Clark Lewis Lee Walker Hall Allen Young King Wright Hill Scott Green "
    "Adams Baker Nelson Carter Mitchell Roberts Turner Phillips Campbell Parker Evans Edwards Collins "
    "Stewart Morris Rogers Reed Cook Morgan Bell Murphy Bailey Cooper Richardson Cox Howard Ward Peterson "
    "Gray James Watson Brooks Kelly Sanders Price Bennett Wood Barnes Ross Henderson Coleman Jenkins "
    "Perry Powell Long Patterson Hughes Washington Butler Simmons Foster Bryant Alexander Russell Griffin "
    "Hayes Myers Ford Hamilton Graham Sullivan Wallace Woods Cole West Jordan Owens Reynolds Fisher Ellis "
    "Harrison Gibson McDonald Cruz Marshall Gomez Murray Freeman Wells Webb Simpson Stevens Tucker Porter "
    "Hunter Hicks Crawford Henry Boyd Mason Kennedy Warren Dixon Ramos Burns Gordon Shaw Holmes Rice "
    "Robertson Hunt Black Daniels Palmer Mills Nichols Grant Knight Ferguson Rose Stone Hawkins Dunn "
    "Perkins Hudson Spencer Gardner Stephens Payne Pierce Berry Matthews Arnold Wagner Willis Ray Watkins "
    "Olson Carroll Duncan Snyder Hart Cunningham Bradley Lane Andrews Ruiz Harper Fox Riley Armstrong "
    "Carpenter Weaver Greene Lawrence Elliott Chavez Sims Austin Peters Kelley Franklin Lawson Fields "
    "Gutierrez Ryan Schmidt Carr Vasquez Castillo Wheeler Chapman Oliver Montgomery Richards Williamson "
    "Johnston Banks Meyer Bishop McCoy Howell Garcia Martinez Rodriguez Hernandez Lopez Gonzalez Perez "
    "Sanchez Rivera Torres Flores Nguyen Tran Patel Kim O'Neal O'Brien O'Connor McIntyre McKinney McLeod "
    "VanDyke Thibodeaux Szymanski Kowalczyk Abernathy Huckabee"
)
PARTICLED = (
    "de la Cruz",
    "De Leon",
    "Van Horn",
    "St. John",
    "de los Santos",
    "Del Rio",
    "Le Blanc",
    "Van der Berg",
)
ENDINGS = _words("son man ton ley worth ham field ford well brook er ett ski wicz ard ington berg stein more dale")
BEGINNINGS = _words(
    "Al Bar Ber Bran Cal Car Col Dal Den Dor El Fair Far Gal Gar Gil Had Hal Har Hol Kel Ken Kir Lam Lin "
    "Mar Mel Mor Nor Os Pem Pres Rad Ram Rod Ros Sel Sher Stan Sut Tal Thorn Til Wal War Wes Whit Win Yar "
    "Zel"
)
NICKNAMES = dict(
    pair.split(":")
    for pair in _words(
        "Mary:Molly Patricia:Pat Linda:Lindy Barbara:Barb Elizabeth:Betty Dorothy:Dot Margaret:Peggy "
        "Helen:Nell Judith:Judy Virginia:Ginny Martha:Marty Sandra:Sandy Frances:Fran Katherine:Kathy "
        "Catherine:Cathy Kathleen:Kathy Beverly:Bev Rebecca:Becky Pamela:Pam Deborah:Debbie Susan:Sue "
        "Jacqueline:Jackie Theresa:Terry Christine:Chris Josephine:Josie Eleanor:Ellie Geraldine:Gerry "
        "Rosemary:Rosie Guadalupe:Lupe Kimberly:Kim Jennifer:Jenny Michelle:Shelly Angela:Angie "
        "Melissa:Missy Stephanie:Steph James:Jim Robert:Bob John:Jack William:Bill Richard:Dick "
        "Charles:Chuck Thomas:Tom Donald:Don Joseph:Joe Edward:Ed Raymond:Ray Kenneth:Ken Harold:Hal "
        "David:Dave Henry:Hank Albert:Al Gerald:Jerry Arthur:Art Ronald:Ron Lawrence:Larry Eugene:Gene "
        "Michael:Mike Stephen:Steve Samuel:Sam Daniel:Dan Anthony:Tony Leonard:Len Alfred:Fred "
        "Theodore:Ted Andrew:Andy Benjamin:Ben Philip:Phil Patrick:Pat Gregory:Greg Timothy:Tim "
        "Steven:Steve Jose:Pepe Francisco:Paco Antonio:Tony"
    )
)
