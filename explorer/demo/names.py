"""Names of people who do not exist: given names, surnames and nicknames, the commoner ones first."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WOMEN = _words("""
Mary Betty Patricia Barbara Linda Shirley Dorothy Carolyn Brenda Judy Martha Peggy Gloria Sandra Annie
Margaret Nancy Bobbie Willie Ruth Frances Helen Jean Joyce Mildred Evelyn Geraldine Virginia Ernestine
Katherine Elizabeth Wanda Glenda Faye Sarah Sue Alice Mattie Minnie Rebecca Deborah Rosemary Opal Lillie
Earline Ethel Gladys Nell Imogene Maxine Juanita Clara Lucille Hazel Thelma Velma Vera Bessie Essie Hattie
Jewel Johnnie Louise Eunice Inez Beulah Verna Edna Doris Marjorie Norma Eula Ola Flora Ida Lula Pearlie
Rosetta Odessa Queen Vivian Bernice Sylvia Charlotte Jacqueline Janice Phyllis Rhonda Teresa Yvonne Connie
Sharon Gail Donna Diane Elaine Marilyn Susan Loretta Bettye Darlene Delores Francine Gwendolyn Harriet Iris
Jeanette Laverne Lorene Lurleen Marcella Merle Myrtle Nadine Nettie Oneida Pauline Ramona Reba Rosa Sadie
Tommie Ursula Velda Wilma Winifred Zelma Carmen Guadalupe Consuelo Lourdes Thuy Lan Sunita Eleni Brigitte
Noelle Maribeth
""")  # fmt: skip

MEN = _words("""
James William John Robert Charles Thomas Billy Jerry Joe Jimmy George Bobby Larry Johnny Donald Ronald Henry
Kenneth Roy Eddie Walter Edward Richard David Michael Harold Gary Roger Raymond Frank Clarence Albert Ralph
Melvin Leroy Earl Carl Wayne Howard Samuel Jesse Curtis Herbert Leon Fred Ernest Arthur Paul Lewis Theodore
Nathaniel Otis Cecil Claude Hubert Grady Hoyt Buford Clyde Floyd Virgil Wendell Lonnie Ronnie Danny Terry
Randall Stanley Douglas Phillip Lawrence Alvin Benny Calvin Chester Clifford Dewey Dwight Edgar Elbert
Elijah Emmett Eugene Felix Franklin Gerald Gilbert Harvey Horace Hollis Isaac Isaiah Ivan Jasper Julius
Lamar Lester Lloyd Luther Marion Marvin Milton Morris Murray Norman Odell Oscar Percy Preston Roland
Roosevelt Rufus Russell Sherman Sidney Thurman Ulysses Vernon Vester Wilbur Woodrow Zachary Andrew Anthony
Gregory Stephen Timothy Joaquin Rafael Ignacio Minh Duc Rajesh Nikolaos Dieter Tyrone Rodney
""")  # fmt: skip

FAMILIES = _words("""
Smith Johnson Williams Jones Brown Davis Jackson Harris Thomas Robinson Taylor Moore Thompson White Martin
Lewis Walker Hall Green Turner Hill Mitchell Edwards Collins Evans Morgan Cooper Bailey Reed Bell Murphy
Ward Watson Brooks Bennett Gray Hughes Price Foster Sanders Ross Powell Long Patterson Butler Barnes Coleman
Jenkins Perry Henderson Cole Simmons Hamilton Graham Reynolds Griffin West Hayes Gibson Ellis Harrison
McDonald Cruz Marshall Gomez Murray Freeman Wells Webb Simpson Stevens Tucker Porter Hunter Hicks Crawford
Boyd Mason Warren Dixon Ramos Burns Gordon Shaw Holmes Robertson Hunt Black Daniels Palmer Mills Nichols
Grant Knight Ferguson Stone Hawkins Dunn Perkins Hudson Spencer Gardner Stephens Payne Pierce Berry Matthews
Arnold Wagner Watkins Olson Carroll Duncan Snyder Hart Cunningham Bradley Lane Andrews Ruiz Harper Fox Riley
Armstrong Carpenter Weaver Greene Lawrence Elliott Chavez Sims Austin Peters Kelley Franklin Lawson Fields
Gutierrez Ryan Schmidt Carr Vasquez Castillo Wheeler Chapman Oliver Montgomery Richards Williamson Johnston
Banks Meyer Bishop McCoy Howell Alvarez Morrison Hansen Fernandez Garza Harvey Little Burton Stanley Nguyen
George Jacobs Reid Kim Fuller Lynch Dean Gilbert Garrett Romero Welch Larson Frazier Burke Hanson Day
Mendoza Moreno Bowman Medina Fowler Brewer Hoffman Carlson Silva Pearson Holland Douglas Fleming Jensen
Vargas Byrd Davidson Hopkins May Terry Herrera Wade Soto Walters Curtis Neal Caldwell Lowe Jennings Barnett
Graves Jimenez Horton Shelton Barrett Castro Sutton Gregory McKinney Lucas Miles Craig Chambers Holt Lambert
Fletcher Watts Bates Hale Rhodes Beck Newman Haynes McDaniel Mendez Vaughn Dawson Santiago Norris Hardy Love
Steele Curry Powers Schultz Barker Guzman Page Ball Keith Chandler Weber Walsh Lyons Ramsey Wolfe Schneider
Mullins Benson Sharp Bowen Daniel Barber Cummings Hines Baldwin Griffith Valdez Hubbard Salazar Reeves
Warner Stevenson Burgess Santos Tate Cross Garner Mann Mack Moss Thornton Dennis McGee Farmer Delgado
Aguilar Vega Glover Manning Cohen Harmon Rodgers Robbins Newton Todd Blair Higgins Ingram Reese Cannon
Strickland Townsend Potter Goodwin Walton Rowe Hampton Ortega Patton Swanson Joseph Francis Goodman
Maldonado Yates Becker Erickson Hodges Rios Conner Adkins Webster Norman Malone Hammond Flowers Cobb Moody
Quinn Blake Maxwell Pope Floyd Osborne Paul McCarthy Guerrero Lindsey Estrada Sandoval Gibbs Tyler Gross
Fitzgerald Stokes Doyle Sherman Saunders Wise Colon Gill Alvarado Greer Padilla Simon Waters Ballard
Schwartz McBride Houston Christensen Klein Pratt Briggs Parsons McLaughlin Zimmerman French Buchanan Moran
Copeland Roy Pittman Brady McCormick Holloway Brock Poole Frank Logan Owen Bass Marsh Drake Wong Jefferson
Park Morton Abbott Sparks Patrick Norton Huff Clayton Massey Lloyd Figueroa Carson Bowers Roberson Barton
Tran Lamb Harrington Boone Cortez Clarke Mathis Singleton Wilkins Cain Bryan Underwood Hogan Collier Luna
Phelps McGuire Allison Bridges Wilkerson Nash Summers Atkins Latham Ledbetter Hagood Gilliland Tidwell
Vickery Culpepper Sellers Lolley Crumpton Isbell Posey Bagwell Entrekin Faulkner Kilgore Burdette Weems
Clements Hollis Abernathy Brasher Cagle
""")  # fmt: skip

TWO_GIVEN_NAMES = {
    "female": (
        "Mary Ann", "Mary Alice", "Mary Frances", "Betty Jean", "Bobbie Jean", "Martha Sue", "Peggy Sue",
        "Ola Mae", "Annie Ruth", "Willie Mae", "Sarah Beth", "Anna Claire", "Jo Ann", "Lillie Pearl",
    ),
    "male": (
        "Billy Joe", "John Henry", "Jim Bob", "Joe Frank", "Willie James", "Johnny Ray", "Roy Lee",
        "Billy Wayne",
    ),
}  # fmt: skip

UNUSUAL_FAMILIES = (
    "O'Neal", "O'Brien", "D'Angelo", "O'Rourke", "St. Clair", "St. John", "Van Horn", "Van Dyke",
    "De la Cruz", "De Leon", "Del Rio", "La Rue", "Von Braunfeld", "Smith-Tate", "Jones-Hagood",
    "Garcia-Lopez", "Coleman-Reed", "Hill-Posey", "Nuñez", "Muñoz", "García", "Peña", "Müller", "Lévesque",
    "Béchard", "McElroy", "MacArthur", "DuBose", "LeCroy", "DeShazo",
)  # fmt: skip

NICKNAMES = {
    "Mary": "Mae", "Patricia": "Pat", "Barbara": "Bobbie", "Linda": "Lin", "Dorothy": "Dot",
    "Carolyn": "Caro", "Martha": "Marty", "Margaret": "Peggy", "Sandra": "Sandy", "Frances": "Fran",
    "Virginia": "Ginny", "Joyce": "Joy", "Katherine": "Kathy", "Elizabeth": "Betty", "Rebecca": "Becky",
    "Deborah": "Debbie", "Geraldine": "Gerri", "Jacqueline": "Jackie", "Janice": "Jan", "Teresa": "Terri",
    "Gwendolyn": "Gwen", "Delores": "Dee", "Ernestine": "Tina", "Susan": "Sue", "Loretta": "Retta",
    "Winifred": "Winnie", "Guadalupe": "Lupe", "James": "Jim", "William": "Bill", "Robert": "Bob",
    "Charles": "Chuck", "Thomas": "Tom", "Donald": "Don", "Ronald": "Ron", "Kenneth": "Ken", "Edward": "Ed",
    "Richard": "Dick", "David": "Dave", "Michael": "Mike", "Raymond": "Ray", "Albert": "Al",
    "Samuel": "Sam", "Theodore": "Ted", "Nathaniel": "Nate", "Lawrence": "Larry", "Douglas": "Doug",
    "Phillip": "Phil", "Gerald": "Jerry", "Eugene": "Gene", "Stanley": "Stan", "Franklin": "Frank",
    "Andrew": "Drew", "Anthony": "Tony", "Stephen": "Steve", "Timothy": "Tim", "Randall": "Randy",
    "Clifford": "Cliff",
}  # fmt: skip

TWINS = (
    ("Betty", "Bettye"), ("Donald", "Ronald"), ("Faye", "Gail"), ("Jean", "Joan"), ("Larry", "Garry"),
    ("Earline", "Pearline"), ("Harold", "Harrell"), ("Marilyn", "Carolyn"),
)  # fmt: skip

DAUGHTERS = (
    "Ashley", "Brandi", "Courtney", "Kimberly", "Lori", "Misty", "Stacey", "Tonya", "Michelle", "Leigh Ann",
)  # fmt: skip
