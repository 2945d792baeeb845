"""Given names that mean the same person: Bob and Robert, Peggy and Margaret, Pepe and José.

Each line of the table is one family of names, formal spellings before the colon. Two names of one line are
the same given name; a name may stand in several lines (Pat is Patricia and Patrick), which does not join the
lines. Short forms that have long been names in their own right (Nancy, Sally, Lisa) have lines apart, so that
they meet the formal name but not its other short forms.
"""

from functools import lru_cache

from patients.names import fold

_TABLE = """
aaron aron: ronnie
abigail abagail abbigail: abby abbie abbey gail
abraham abram: abe
adam: addie
adelaide: addie della
adele adela: della addie
adeline adaline adelina: addie della
agatha: aggie
agnes: aggie nessie
alan allan allen alen: al
albert: al bert bertie
alberta: bertie allie
alejandro: alex ale jandro
alejandra: alex ale
alexander: alex al xander sandy lex alec
alexandra alejandra: alex alexa sandra sandy lexie sasha
alexandria: alex lexie
alexis: alex lexi lexie
alfonso alphonso alphonse: al fonzo poncho
alfred: al fred freddie freddy alf alfie
alfreda: freda freddie
alice alyce: allie ally
alicia: allie
allison alison allyson alyson: allie ally
almeda: meda
alonzo alonso: lonnie lon al
althea: thea
alvin: al vin
alvina: vina
amanda: mandy manda mandi
amelia: amy millie mel
amos: moss
anastasia: stacy stacey ana tasha
andrea: andi andie drea
andrew: andy drew
andres: andy
angela: angie angel
angelina: angie lina
angeline: angie
anita: nita
ann anne: annie
anna: annie ana
annabelle annabel anabel: anna annie
annabelle annabel anabel: belle
annemarie: anne ann annie
annemarie: marie
annette: annie nettie
ann anne anna: nan
ann anne anna: nancy
anthony antony: tony ant
antoinette: toni netta nettie tony
antonia: toni tonya
antonio: tony tono toni
april: apryl
archibald: archie arch
arlene: arly
arnold: arnie
arthur: art artie
arturo: art turo
augustus august: gus augie
augusta: gussie
augustine agustin: gus augie
barbara: barb barbie babs barbra bobbie
barnabas: barney
barney: barn
barry: bar
bartholomew: bart
beatrice beatriz: bea trixie bee betty
belinda: linda bel
benedict: ben
benita: nita
benjamin: ben benny bennie benji benjie
benito: ben
bernadette: bernie detta
bernadine: bernie
bernard: bernie barney bern
bernice: bernie bunny
bertha: bert bertie
bertram: bert
bettina: betty tina
beverly beverley: bev
blanche: blanch
bonita: bonnie
bradford: brad ford
bradley: brad
brandon: bran
brenda: bren
brian bryan bryon: bri
bridget: bridgie biddy
brittany brittney britney: britt
bruce: brucie
calvin: cal
cameron: cam
camille: cammie
candace candice: candy candi
caroline carolina: carrie caro carol
carolyn carolynn: carol carrie
carolyn carolynn: lynn
carl karl: carlie
carla karla: carly
carlos: carlitos charlie
carlton carleton: carl
carmen: carm
carol carole carroll: carrie
casandra cassandra: cass cassie sandra sandy
casimir: cas
catalina: cathy lina
catherine katherine kathryn katharine catharine cathryn kathrine kathryne: \
kate kathy cathy katie kat kay kitty kit cat kati kathi cathie kathie
cecil: cece
cecilia cecelia: cece celia cissy
charlene: charlie char
charles: charlie chuck chas chaz charley chip
charlotte: charlie lottie char lotta
cheryl sheryl: cherie sherry cher
chester: chet
christian: chris
christina kristina cristina: chris tina chrissy kris christy kristy tina crissy
christine kristine: chris chrissy kris christy kristy tina christi
christopher kristopher cristopher: chris kit topher kris
christy kristy: chris
clara: clare
clarence: clare
clarissa: clara
claudia: claudie
clayton: clay
clifford: cliff
clifton: cliff
clinton: clint
clyde: cly
concepcion: concha conchita connie
constance: connie
consuelo: connie chelo
cordelia: delia cordie
corinne: cory
cornelia: nelia nell corny
cornelius: neil con connie
courtney: court
crystal krystal: crys
curtis: curt kurt
cynthia: cindy cyndi cindi cyn
cyril: cy
cyrus: cy
daisy: daise
daniel: dan danny dannie dani
daniela danielle daniella: dani danny
darlene: darla
darrell darryl daryl darrel: dar
david: dave davey davy
deanna: dee ann
deborah debra debora debrah: deb debbie debby deborrah debi
delbert: del bert
delilah: lilah
delores dolores deloris: dee dolly lola lolly
denise: dee denny
dennis denis: denny
derek derrick: rick
diana diane dianne dianna: di
dominic dominick: dom nick
donald: don donnie donny
donna: donnie
dora: dorie
doris: dorie
dorothea: dora dot dottie thea
dorothy: dot dottie dolly dottie dory dotty dodie
dorothy: dora
douglas douglass: doug
duane dwayne dwain: dewey
earl earle: early
earnest ernest: ernie
earnestine ernestine: ernie tina
edgar: ed eddie
edith: edie
edmund edmond: ed eddie ned ted
eduardo: ed eddie lalo
edward: ed eddie ted ned teddy eddy
edwin: ed eddie win
edwina: winnie eddie
eileen ilene: leenie
elaine: lainey lanie
eleanor elinor eleanore elenor: ellie nell nellie nora ella lenora
elena: ellie
elias: eli
elijah: eli lige
elisa elissa: lisa
elizabeth elisabeth: liz beth betty betsy lizzie eliza libby bess bessie \
liza elsie lizzy bette betsey bettie buffy lizbeth ellie
elizabeth elisabeth isabel: lisa
ella: ellie
ellen: ellie nell nellie
elmer: elm
eloise: lois
elvira: elvie
emanuel emmanuel immanuel: manny manuel
emily: em emmie emmy millie
emma: em emmie
enrique: quique kike rick
eric erik erick: rick
ernesto: ernie neto
esperanza: espie
esther ester: essie hettie
ethel: effie
eugene: gene
eugenia: genie gena
eunice: eunie
eva: eve evie
evangeline: eva evie
evangeline: angie
eve: evie
evelyn: evie ev eve
evelyn: lynn
everett: ev
ezekiel: zeke
faith: fay
felicia: lish
felicity: lissie
fernando: nando fern
florence: flo flossie florrie
flora: flo
frances: fran franny francie frankie fannie sissy francine
francine: fran
francis: frank fran frankie
francisca: paquita pancha fran
francisco: paco pancho frank kiko cisco
franklin franklyn: frank
frank: frankie
fred: freddie freddy
frederica fredericka: freda freddie ricki
frederick frederic fredrick fredric: fred freddie freddy rick fritz
gabriel: gabe gab
gabriela gabrielle gabriella: gabby gabi gaby brie
garrett: gary
gary garry: gare
genevieve: gen genny jenny viv
geoffrey jeffrey jeffery geoffery: jeff geoff
george: georgie
georgia: georgie
georgina georgiana: georgie gina
gerald jerald jerold: jerry gerry
geraldine: gerry jerry geri deenie dina
gerard: jerry gerry
gertrude: gert trudy gertie
gilbert: gil bert
gilberto: gil beto
giovanni: gio
gladys: glad
glenn glen: glennie
gloria: glory
grace: gracie
graciela: chela
gregory: greg gregg
gregorio: greg goyo
griffith: griff
guadalupe: lupe lupita
guillermo: memo
gwendolyn gwendolen gwendolynn: gwen wendy
hannah hanna: annie
harold: hal harry
harriet harriett harriette: hattie harry
harrison: harry
harvey: harve
hazel: haze
heather: heath
hector: tito
helen: nell nellie ellie lena
helena: lena nell
henrietta: hettie etta hank retta
henry: hank harry hal
herbert: herb bert herbie
herman: herm
hermenegildo: gildo
hilary hillary: hil
hilda: hildy
hiram: hi
horace: horry
howard: howie
hubert: hugh bert hub
hugo: hugh
ignacio: nacho
ignatius: iggy
imogene: gene
inez ines: nez
irene: rene
irving irvin: irv
irwin: irv
isaac: ike zac
isaiah: ike
isabel isabelle isabella isobel: bella belle izzy izzie ella chabela
isidore: izzy
israel: izzy
ivan: vanya
jacob: jake jay coby
jacqueline jaqueline jacquelyn jacklyn: jackie jacki jacqui
james: jim jimmy jamie jimmie jem jay
jaime: jamie
jane jayne: janie
janet janette: jan nettie
janice janis: jan
janine: jan
jasmine: jazz jas
jason: jay jase
javier: javi
jean jeanne: jeannie jeanie
jeanette jeannette: jean jeannie nettie
jedediah: jed
jefferson: jeff
jennifer: jen jenny jenn jennie jeni
jeremiah jeremy: jerry jem
jerome: jerry
jerry: gerry
jessica: jess jessie
jesse: jess jessie
jesus: chuy chucho
jill: jilly
jillian gillian: jill gill
jo: joe
joan: joanie joni
joanna johanna joanne joann: jo
joanna johanna joanne joann: annie
joanna johanna: joan joanne
joanne joann: joan
joaquin: quino
jodi jody: jo
john: johnny jon johnnie jack
jon: jonny johnny
jonathan johnathan jonathon: jon john johnny nathan
jorge: coque
jose: pepe joe joey pepito che
josefina: pepa josie fina
joseph: joe joey jos
josephine: jo josie jody fina
joshua: josh
josiah: joe si
joyce: joy
juan: juanito
juana: juanita
juanita: nita
judith: judy judi judie jude
judson: jud
julia: julie jules
julian: jules
juliana: julie
julianne julieann: julie
juliet juliette: julie
julio: jules
julius: jules
justin: jus
justina: tina
karen karin: kari
kathleen cathleen: kathy kate katie cathy kay kathie kath kat
katrina catrina: trina kat katie kate
kay: kaye
keith: kei
kelly kelley: kel
kenneth: ken kenny
kenton: ken
kendrick: ken ricky
kevin: kev
kimberly kimberley: kim kimmy
kimball: kim
kristen kristin kirsten christin: kris kristi krissy
lafayette: fate lafe
lakisha lakeisha: kisha
larry: lar
laura: laurie lori
lauren: laurie
laurel: laurie
laurence lawrence: larry lon lars lawrie
laverne lavern: vern verne
lavinia: vina
leah: lea
leland: lee
lemuel: lem
lena: lina
lenora lenore leonora: nora lee
leo: lee
leon: lee leo
leona: lee onie
leonard: leo len lenny lennie
leonardo: leo
leopold: leo
leroy: roy lee
leslie lesley: les
lester: les
letitia leticia: lettie tish lety
levi: lee
lewis louis luis: lou louie lew
lillian lilian: lil lily lilly lillie
lily lilly lillie: lil
linda lynda: lindy lin lyn lynn
lindsey lindsay: lin linds
linwood: woody
lloyd: loyd
lois: loie
lorena: lori
lorenzo: larry enzo
loretta: lori etta retta
lorraine loraine: lori lorrie rainey
louisa: lou
louise: lou lulu louisa
lourdes: lulu
lucas: luke
lucille lucile: lucy lou lu cille
lucia: lucy
lucinda: lucy cindy cinda
lucretia: lu
lucy: lu
luella louella: lou
luella louella: ella
lydia: liddy
lyndon: lyn
lynette: lynn
lynn lynne: lyn
mabel mable: mae
madeline madeleine madelyn magdalene magdalena: maddie maddy lena maggie
magdalena: magda lena nena
mahala: hallie
malcolm: mal
malinda melinda: mindy linda mel
manuel: manny manolo
marcella: marcy marcie
marcia marsha: marcie marcy
marcus marcos: marc mark
margaret margret margarett: maggie peggy meg marge margie peg megan margo greta madge meggie
margarita: rita margie marge margo
marguerite: margie rita peggy
maria: marie mari mia
maria: mary
mariaelena: malena
mariateresa: maite
marian marion marianne: mary
marianne: anne ann annie
marianne maryann maryanne: mary
maryann maryanne: ann anne annie
marie: mary
marilyn marylyn marilynn: mary
marilyn marylyn marilynn: lyn lynn
marissa: rissa
marjorie margery marjory: marge margie
mark marc: marky
marlene: marly
marlon: marl
marshall: marsh
martha: marty mattie
martin: marty mart
martina: tina marty
marvin: marv
mary: mae mamie minnie may maisie
mary: molly mollie polly
marybeth: mary
marybeth: beth
maryjane: mary
maryjane: jane
marylou: mary
marylou: lou
mathew matthew: matt matty
mathilda matilda: tillie mattie tilda matty
maureen: mo reenie
maurice: morrie mo
maximilian: max
maximo: max
maxine: max
maxwell: max
megan meghan: meg
melanie: mel
melissa: missy mel lissa lisa
melody: mel
melvin: mel
mercedes: merche sadie
meredith: merry
michael micheal: mike mickey mick mikey mickie
michaela: mickey
michele michelle: shelly shelley mickey chelle
miguel: mike migue
mildred: millie milly
millicent: millie
milton: milt
minerva: minnie nerva
minnie: min
miranda: randy mandy
miriam: mimi mitzi
mitchell: mitch
mohammed mohammad muhammad mohamed: mo
mona: moni
monica: moni
montgomery: monty
morgan: mo
morris: morrie mo
mortimer: mort
moses: mose moe
myrtle: myrt
nadine: nada
nancy: nan nance
natalie nathalie: nat
natasha: tasha nat
nathan: nate nat
nathaniel nathanial: nate nat nathan than
nelson: nels
nettie: net
nicholas nicolas nickolas: nick nicky nico claus
nicole nichole: nicki nikki nicky nic
nicolette: nicki nikki
noah: noe
nolan: nole
nora norah: norrie
norberto: beto
norbert: bert norb
norma: normie
norman: norm
octavia: tavia
odell: dell
olive: ollie
oliver: ollie
olivia: liv livvie ollie
ophelia: phelia
orlando: lando
orville: orv
oscar: ozzie
oswald: ozzie
otis: ote
pamela: pam pammy
patricia: pat patty trish patti tricia patsy pattie trisha
patrick: pat paddy rick
paul: pauly
paula: paulie
pauline paulina: paula polly
pearl pearle: perlie
pedro: pete perico
penelope: penny
percival percy: perce
perry: per
peter: pete petey
philip phillip: phil pip
philomena: mena
phyllis phillis: phyl
pilar: pili
priscilla: cilla prissy cissy
prudence: prue
rachel rachael: rae shelly
rafael raphael: rafe rafa
ralph: ralphie
ramon: ray moncho
ramona: mona
randall randal: randy rand
randolph: randy rand dolph
raquel: rachel
raymond: ray
rebecca rebekah: becky becca beck beckie
regina: gina reggie
reginald: reggie reg
rene renee: ren
reuben ruben: rube
reynaldo: rey ray
ricardo: rick ricky richard cardo richie
richard: rick dick rich ricky richie rickey ritchie
rita: reet
robert: bob rob bobby robbie bobbie robby bert
roberta: bobbie robbie bert bobby
roberto: beto bob bobby rob robert
roderick: rod rick roddy
rodger roger: rodge
rodney: rod
rodolfo rudolfo: rudy fito
roland rolland: rollie rolly
roman: rome
ronald: ron ronnie ronny
ronda rhonda: ron
rosa: rosie rosita
rosalie: rose rosie
rosalind rosalyn: roz rose lindy
rosamond: rose
rosario: charo chayo
rose: rosie
roseann rosanne roseanne rosanna: rose rosie
roseann rosanne roseanne rosanna: ann annie
rosemarie: rose rosie
rosemarie: marie
rosemary: rose rosie
rosemary: mary
rosetta: rose etta
roxanne roxane: roxie
ruby: rube
rudolph: rudy rolf
rufus: rufe
russell russel: russ rusty
ruth: ruthie
sabrina: brina
salvador: sal chava
salvatore: sal sam
samantha: sam sammie
samson: sam
samuel: sam sammy sammie
sandra: sandy sandi
santiago: chago
sarah sara: sadie
sarah sara: sally sallie
saundra: sandy
scott: scotty
sebastian: seb bastian
selena selina: lena
sergio: checo
seymour: sy
shannon: shan
sharon sharron: shari shar
shawn sean shaun: shane
sheila sheilah: shay
shelby: shel
sheldon: shel
shirley: shirl lee
sherman: sherm
sherry sherrie sheri: cher
sidney sydney: sid syd
silas: si
silvester sylvester: vester sy sly
silvia sylvia: syl silvie
simon: si
solomon: sol
sonia sonya: sunny
sophia sofia: sophie
sophronia: frona
spencer: spence
stacy stacey: stace
stanley: stan
stella: estelle
estella estelle: stella essie
stephanie: steph stevie stephie
stephen steven stephan: steve stevie steph
stewart stuart: stu
susan suzan: sue susie suzy sukie
susanna susannah suzanna: sue susie anna suzy hannah
suzanne susanne: sue suzy susie
tabitha: tabby
tamara: tammy tam
tamika: mika
tatiana: tania tanya
teresa theresa therese: terry tess tessa terri tracy resa tere teri tessie
terence terrence terrance: terry
thaddeus: thad tad ted
thelma: thel
theodore theodor: ted teddy theo
theodora: dora thea teddy
theodosia: dosia
thomas: tom tommy thom tommie
thomasina: tommie
tiffany: tiff
timothy: tim timmy timmie
tobias: toby
tomas: tom tommy
travis: trav
trinidad: trini
tyrone: ty
tyler: ty
ulysses: lys
ursula: ursie
valentin: val tino
valentina: val tina
valeria valerie: val
vanessa: nessa vannie
velma: vel
vera: vee
vernon: vern
veronica: ronnie roni vero vonnie
vicente: vince chente
victor: vic
victoria: vicky vicki tori vickie vikki
vincent: vince vinny vinnie vin
vincenzo: vince enzo
viola: vi
violet: vi
virgil: virge
virginia: ginny ginger gina jinny
vivian vivien: viv
wallace: wally wallie
walter: walt wally
wanda: wendy
wendell: dell
wesley: wes
wilbert: will bert
wilbur wilber: will
wilda: willie
wilfred: will fred
wilhelmina: minnie billie willie mina wilma
willard: will bill
william: bill will billy willie billie willy liam
willie: will
wilma: billie
winifred: winnie freddie
winston: win
woodrow: woody
xavier: xav
yolanda: yoli yolie
yvonne: vonnie evie
yvette: evie
zachariah zachary zackary: zach zack zac
zelda: zel
zenobia: nobie
"""


def _families() -> dict[str, frozenset[int]]:
    """Name to the numbers of the lines it stands in."""
    families: dict[str, set[int]] = {}
    for number, line in enumerate(_TABLE.split("\n")):
        for name in line.replace(":", " ").split():
            families.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in families.items()}


_FAMILIES = _families()


def is_known_given_name(name: str) -> bool:
    """Whether the table knows this spelling, so that it is hardly a slip for another name."""
    return fold(name) in _FAMILIES


@lru_cache(maxsize=50_000)
def name_families(name: str) -> frozenset[int]:
    """The families a given name belongs to; empty for a name that has no other forms."""
    return _FAMILIES.get(fold(name), frozenset())


@lru_cache(maxsize=50_000)
def same_given_name(a: str, b: str) -> bool:
    """Whether two given names can be one person's: equal but for case and accents, or forms of one name.

    An initial is not a name: ask `could_be_initial` for it. An empty name is never the same as anything.
    """
    folded = fold(a)
    if not folded:
        return False
    return folded == fold(b) or not name_families(a).isdisjoint(name_families(b))


def could_be_initial(a: str, b: str) -> bool:
    """Whether one of the two is a single letter with which the other, longer or not, begins."""
    a, b = fold(a), fold(b)
    if not a or not b or min(len(a), len(b)) > 1:
        return False
    return a[0] == b[0]
