# ruff: noqa: E501  the words of whole questions
"""The same form as several practices would word it: headings and options, in six languages.

Written from what the form must ask (earlier-system.md 4.1) and how Microsoft Forms exports it (microsoft.md 4.4).
Each line of `options` is meaning: what the patient can choose.
"""

from dataclasses import dataclass, field

METADATA = {
    "en": ("ID", "Start time", "Completion time", "Email", "Name"),
    "es": ("Id.", "Hora de inicio", "Hora de finalización", "Correo electrónico", "Nombre"),
    "de": ("ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name"),
    "fr": ("ID", "Heure de début", "Heure de fin", "Adresse de messagerie", "Nom"),
    "pt": ("ID", "Hora de início", "Hora de conclusão", "Email", "Nome"),
    "ja": ("ID", "開始時刻", "完了時刻", "メール", "名前"),
}


@dataclass(frozen=True)
class Form:
    name: str
    language: str
    headings: dict[str, str]
    options: dict[str, dict[str, str]]
    box: str = ""
    metadata: str = ""
    extra: dict[str, str] = field(default_factory=dict)


def _options(records, apcm, notice) -> dict[str, dict[str, str]]:
    names = ("yes", "no", "not_applicable", "more_information")
    each = {"records": records, "apcm": apcm, "notice": notice}
    return {kind: {name: text for name, text in zip(names, said, strict=False) if text} for kind, said in each.items()}


FORMS = [
    Form(
        "en plain",
        "en",
        {
            "code": "Reference code (already filled in - please leave as is)",
            "date_of_birth": "Date of Birth",
            "records": "Do you give permission for Dr. Rivera and her clinical staff to access, keep and copy your medical records at Home Team Medical?",
            "apcm": "Advanced Primary Care Management (APCM): would you like to continue with Dr. Rivera?",
            "notice": "May we inform Southview that you are ending APCM there?",
            "full_name": "Full legal name",
            "date_of_birth_again": "Date of Birth2",
            "signed_on": "Today's date",
            "signature_box": "Electronic signature",
            "comment": "Questions or comments for our office",
        },
        _options(
            (
                "Yes, I consent to my records being accessed, kept and copied.",
                "No, I do not want my records moved.",
                "",
                "I need more information before I decide",
            ),
            (
                "Yes, I consent to continue APCM with Dr. Rivera",
                "No, I do not wish to continue APCM",
                "Not applicable - I am not enrolled in APCM",
                "I need more information",
            ),
            ("Yes, please notify Southview", "No, I will contact Southview myself", "Not applicable"),
        ),
        "I agree that typing my name above is my electronic signature;",
    ),
    Form(
        "en lawyerly",
        "en",
        {
            "code": "Invitation token",
            "date_of_birth": "Patient's date of birth (mm/dd/yyyy)",
            "records": "AUTHORIZATION. I authorize the release of my health information from Southview Medical Group to Home Team Medical.",
            "apcm": "Care management program election",
            "notice": "Termination of the prior group's billing authority for care management",
            "full_name": "Patient's name (first, middle, last)",
            "signature_name": "Type your name to sign",
            "signed_on": "Date signed",
            "voluntary": "I understand that this authorization is voluntary and may be revoked in writing at any time",
            "comment": "Anything we should know?",
        },
        _options(
            ("I authorize the release", "I decline the release"),
            (
                "I elect to continue care management with Home Team Medical",
                "I elect to end care management",
                "Does not apply to me",
                "Please send me additional details first",
            ),
            (
                "I direct that Southview be notified",
                "I do not direct that Southview be notified",
                "Does not apply to me",
            ),
        ),
        "",
    ),
    Form(
        "en chatty",
        "en",
        {
            "code": "What is the code in your text or letter?",
            "date_of_birth": "When were you born?",
            "records": "Can we bring your chart with us to the new office?",
            "apcm": "Should your monthly care program (APCM) come along too?",
            "notice": "Shall we let the old office know?",
            "full_name": "And your name?",
            "signature_box": "Tick to sign",
            "texting": "Is it OK to text you?",
            "comment": "Got questions? Write them here.",
        },
        _options(
            ("Sure, bring it along", "Please leave it where it is", "", "Not sure yet - call me"),
            ("Yes - keep me in", "No - take me out", "I'm not in it", "Tell me more"),
            ("Yes, let them know", "No, don't tell them", "N/A"),
        ),
        "Signed",
    ),
    Form(
        "es formal",
        "es",
        {
            "code": "Código de referencia",
            "date_of_birth": "Fecha de nacimiento",
            "records": "¿Da su consentimiento para que la Dra. Rivera y su personal clínico tengan acceso a su historial médico y lo conserven?",
            "apcm": "¿Desea seguir en el programa de Manejo Avanzado de Atención Primaria (APCM) con la Dra. Rivera?",
            "notice": "¿Nos autoriza a informar a Southview de que termina el programa APCM con ellos?",
            "full_name": "Nombre legal completo",
            "date_of_birth_again": "Confirme su fecha de nacimiento",
            "signed_on": "Fecha de hoy",
            "signature_box": "Firma electrónica",
            "comment": "Preguntas o comentarios",
        },
        _options(
            ("Sí, doy mi consentimiento.", "No, no doy mi consentimiento.", "", "Necesito más información"),
            (
                "Sí, deseo continuar",
                "No, no deseo continuar",
                "No aplica: no estoy inscrito",
                "Necesito más información antes de decidir",
            ),
            ("Sí, pueden informarles", "No, yo mismo les avisaré", "No aplica"),
        ),
        "Acepto que mi nombre escrito es mi firma;",
    ),
    Form(
        "de",
        "de",
        {
            "code": "Referenzcode aus Ihrer Nachricht",
            "date_of_birth": "Geburtsdatum",
            "records": "Sind Sie damit einverstanden, dass Dr. Rivera Ihre Patientenakte einsieht, aufbewahrt und kopiert?",
            "apcm": "Möchten Sie das Betreuungsprogramm APCM bei Dr. Rivera fortsetzen?",
            "notice": "Dürfen wir Southview darüber informieren?",
            "full_name": "Vollständiger Name",
            "signed_on": "Heutiges Datum",
            "signature_box": "Unterschrift: Bitte ankreuzen",
            "comment": "Bemerkungen",
        },
        _options(
            ("Ja, ich bin einverstanden.", "Nein, ich bin nicht einverstanden.", "", "Ich brauche mehr Informationen"),
            (
                "Ja, ich möchte das Programm fortsetzen",
                "Nein, ich möchte das Programm nicht fortsetzen",
                "Trifft nicht zu",
                "Ich benötige weitere Informationen",
            ),
            ("Ja, bitte informieren Sie Southview", "Nein, das mache ich selbst", "Nicht zutreffend"),
        ),
        "Ich unterschreibe mit meinem Namen;",
    ),
    Form(
        "fr",
        "fr",
        {
            "code": "Code de référence",
            "date_of_birth": "Date de naissance",
            "records": "Acceptez-vous que la Dre Rivera consulte, conserve et copie votre dossier médical ?",
            "apcm": "Souhaitez-vous continuer le programme de gestion des soins (APCM) avec la Dre Rivera ?",
            "notice": "Pouvons-nous prévenir Southview ?",
            "full_name": "Nom complet",
            "date_of_birth_again": "Date de naissance2",
            "signed_on": "Date du jour",
            "signature_box": "Signature électronique",
            "comment": "Commentaires",
        },
        _options(
            ("Oui, j'accepte.", "Non, je n'accepte pas.", "", "J'ai besoin de plus d'informations"),
            (
                "Oui, je souhaite continuer",
                "Non, je ne souhaite pas continuer",
                "Sans objet, je ne suis pas inscrit",
                "Je voudrais plus de renseignements",
            ),
            ("Oui, prévenez-les", "Non, je m'en occupe moi-même", "Non applicable"),
        ),
        "J'accepte que mon nom vaille signature;",
    ),
    Form(
        "pt",
        "pt",
        {
            "code": "Código de referência",
            "date_of_birth": "Data de nascimento",
            "records": "Autoriza que a Dra. Rivera e a sua equipa consultem, guardem e copiem o seu prontuário médico?",
            "apcm": "Deseja continuar no programa APCM com a Dra. Rivera?",
            "notice": "Podemos avisar a Southview?",
            "full_name": "Nome completo",
            "signed_on": "Data de hoje",
            "signature_box": "Assinatura eletrônica",
            "comment": "Comentários",
        },
        _options(
            ("Sim, autorizo.", "Não, não autorizo.", "", "Preciso de mais informações"),
            ("Sim, quero continuar", "Não, não quero continuar", "Não se aplica a mim", "Gostaria de mais informações"),
            ("Sim, podem avisar", "Não, eu mesmo aviso", "Não se aplica"),
        ),
        "Concordo que o meu nome digitado é a minha assinatura;",
    ),
    Form(
        "ja",
        "ja",
        {
            "code": "参照コード",
            "date_of_birth": "生年月日",
            "records": "リベラ医師とその診療スタッフが、あなたの診療記録を閲覧・保管・複写することに同意しますか。",
            "apcm": "ケア管理プログラム(APCM)をリベラ医師のもとで継続しますか。",
            "notice": "以前の診療所に通知してもよろしいですか。",
            "full_name": "氏名",
            "signed_on": "本日の日付",
            "signature_box": "電子署名",
            "comment": "ご質問・ご意見",
        },
        _options(
            ("はい、同意します。", "いいえ、同意しません。", "", "もっと詳しい情報が必要です"),
            ("はい、継続を希望します", "いいえ、継続を希望しません", "該当しません", "詳しい説明を希望します"),
            ("はい、通知してください", "いいえ、自分で連絡します", "該当しません"),
        ),
        "氏名の入力を署名とみなすことに同意します;",
    ),
    Form(
        "es owner, en questions",
        "en",
        {
            "code": "Enter your 16-character token",
            "date_of_birth": "Date of birth (MM/DD/YYYY)",
            "records": "Consent to retain and share records with Home Team",
            "apcm": "APCM enrollment",
            "notice": "Southview APCM revocation",
            "full_name": "Your full name",
            "understood": "I acknowledge that Southview will no longer bill APCM on my behalf",
            "voluntary": "My choices are voluntary",
            "signature_box": "By checking this box I sign this form",
            "date_of_birth_again": "Re-enter date of birth",
        },
        _options(
            ("Yes, I consent to Home Team retaining my records", "No, I do not consent", "", "I need more information"),
            (
                "Yes, continue my enrollment",
                "No, I do not want to continue",
                "Not applicable",
                "I need more information",
            ),
            (
                "Yes, notify Southview and revoke their billing authority",
                "No, I will handle this on my own",
                "Not applicable",
            ),
        ),
        "I agree;",
        metadata="es",
    ),
]

FORMS_2 = [
    Form(
        "en brief",
        "en",
        {
            "code": "Your code",
            "full_name": "Printed name",
            "date_of_birth": "DOB",
            "records": "Medical records transfer",
            "apcm": "APCM transfer",
            "notice": "Notify prior practice about APCM",
            "signature_box": "Signature confirmation",
            "comment": "Notes",
        },
        _options(
            ("Yes, transfer my records", "No, do not transfer my records", "", "I would like more information first"),
            ("Yes, please enroll me", "No, thank you", "N/A - not in the program", "Undecided, please call me"),
            ("Yes, notify them", "No, do not notify them", "N/A"),
        ),
        "I confirm this is my signature;",
    ),
    Form(
        "en statements",
        "en",
        {
            "code": "Access code printed in your letter",
            "date_of_birth": "Patient birth date",
            "records": "I hereby consent to Home Team Medical obtaining a copy of my health records from my former physician group.",
            "apcm": "I agree to receive Advanced Primary Care Management services from Home Team Medical. I understand that only one practitioner may bill for them in a month, that cost sharing may apply and that I may stop at any time.",
            "notice": "I give permission to tell my former group that I am leaving its APCM program.",
            "full_name": "Name of patient",
            "signature_name": "Signature (type your full name)",
            "date_of_birth_again": "Please confirm your date of birth",
            "signed_on": "Date",
            "understood": "I acknowledge that I have read and understood the above",
            "comment": "Comments (optional)",
        },
        _options(
            ("Agree", "Disagree", "", "Need more information"),
            ("Agree", "Disagree", "Not applicable", "Need more information"),
            ("Agree", "Disagree", "Not applicable"),
        ),
        "",
    ),
    Form(
        "en warm",
        "en",
        {
            "code": "Please type the letters and numbers from your invitation",
            "date_of_birth": "What is your date of birth?",
            "full_name": "What is your full name?",
            "records": "Would you like Dr. Rivera to have a copy of your medical chart at her new practice?",
            "apcm": "Would you like to keep getting monthly care management (APCM) from Dr. Rivera?",
            "notice": "Is it okay if we tell your previous practice that you chose Dr. Rivera for APCM?",
            "voluntary": "I know that I can change my mind later; this is voluntary",
            "signature_box": "Check here to sign electronically",
            "texting": "May we text you appointment reminders?",
            "comment": "Is there anything else you want us to know?",
        },
        _options(
            (
                "Yes, I would like Dr. Rivera to have a copy.",
                "No, I would not like that.",
                "",
                "I have questions - please call me",
            ),
            (
                "Yes, I would like to keep getting it.",
                "No, I would rather not.",
                "I don't have APCM",
                "I have some questions first",
            ),
            ("Yes, that is okay.", "No, that is not okay.", "This does not apply to me"),
        ),
        "Checked",
    ),
    Form(
        "es llano",
        "es",
        {
            "code": "¿Cuál es el código que recibió?",
            "full_name": "Nombre y apellidos",
            "date_of_birth": "¿Cuándo nació?",
            "records": "Transferencia de mi expediente clínico a Home Team Medical",
            "apcm": "Programa de coordinación de la atención (APCM)",
            "notice": "Aviso a la clínica anterior",
            "voluntary": "Entiendo que puedo revocar este consentimiento por escrito",
            "signature_box": "Marque la casilla para firmar",
            "comment": "¿Tiene alguna pregunta?",
        },
        _options(
            ("Autorizo la transferencia", "No autorizo la transferencia", "", "Quisiera recibir más información"),
            (
                "Quiero continuar en el programa",
                "No quiero continuar en el programa",
                "No participo en el programa",
                "Tengo dudas, llámenme",
            ),
            ("Autorizo que les avisen", "Prefiero avisarles yo mismo", "No corresponde"),
        ),
        "Firmo electrónicamente;",
    ),
    Form(
        "de Sie",
        "de",
        {
            "code": "Ihr persönlicher Code",
            "full_name": "Vor- und Nachname",
            "date_of_birth": "Wann sind Sie geboren?",
            "records": "Einwilligung in die Übermittlung meiner Gesundheitsdaten an Home Team Medical",
            "apcm": "Teilnahme am APCM-Programm bei Home Team Medical",
            "notice": "Mitteilung an die bisherige Praxis",
            "voluntary": "Mir ist bekannt, dass meine Einwilligung freiwillig ist",
            "signature_name": "Unterschrift (bitte Namen eintippen)",
            "signed_on": "Datum der Unterschrift",
            "comment": "Haben Sie Fragen?",
        },
        _options(
            ("Ich willige ein", "Ich willige nicht ein", "", "Ich habe noch Fragen"),
            (
                "Ich nehme weiter teil",
                "Ich möchte nicht weiter teilnehmen",
                "Ich nehme nicht am APCM-Programm teil",
                "Bitte rufen Sie mich an, ich bin nicht sicher",
            ),
            ("Ja, bitte teilen Sie es der Praxis mit", "Nein, bitte nicht mitteilen", "Entfällt"),
        ),
        "",
    ),
    Form(
        "fr vous",
        "fr",
        {
            "code": "Votre code personnel",
            "full_name": "Nom et prénom",
            "date_of_birth": "Né(e) le",
            "records": "Consentement au transfert de mes renseignements médicaux",
            "apcm": "Participation au programme APCM de soins primaires avancés",
            "notice": "Informer mon ancien cabinet",
            "understood": "Je reconnais avoir lu et compris ce qui précède",
            "signature_name": "Signature (tapez votre nom)",
            "comment": "Avez-vous des questions ou remarques ?",
        },
        _options(
            ("Je consens au transfert", "Je ne consens pas au transfert", "", "Je souhaite en savoir plus"),
            (
                "Je souhaite participer",
                "Je ne souhaite pas participer",
                "Ne s'applique pas à ma situation",
                "J'ai des questions, appelez-moi",
            ),
            ("Je vous autorise à l'informer", "Je préfère l'informer moi-même", "Ne s'applique pas"),
        ),
        "",
    ),
    Form(
        "pt você",
        "pt",
        {
            "code": "Digite o código do convite",
            "full_name": "Nome e sobrenome",
            "date_of_birth": "Quando você nasceu?",
            "records": "Consentimento para transferir as minhas informações médicas para a Home Team Medical",
            "apcm": "Programa de cuidados primários avançados (APCM)",
            "notice": "Comunicar à clínica anterior",
            "signature_box": "Marque para assinar",
            "signed_on": "Data da assinatura",
            "comment": "Tem dúvidas?",
        },
        _options(
            (
                "Concordo com a transferência",
                "Não concordo com a transferência",
                "",
                "Quero saber mais antes de decidir",
            ),
            (
                "Desejo participar",
                "Não desejo participar",
                "Não participo desse programa",
                "Tenho dúvidas, por favor me liguem",
            ),
            ("Sim, comuniquem", "Não, por favor não comuniquem", "Não se aplica"),
        ),
        "Assino eletronicamente;",
    ),
    Form(
        "ja 丁寧",
        "ja",
        {
            "code": "招待状に記載のコードをご入力ください",
            "full_name": "お名前(フルネーム)",
            "date_of_birth": "お誕生日",
            "records": "医療情報の提供について",
            "apcm": "APCMプログラムの継続について",
            "notice": "前の医療機関へのお知らせについて",
            "voluntary": "この同意が任意であることを理解しました",
            "signature_box": "署名欄(チェックしてください)",
            "comment": "ご要望",
        },
        _options(
            ("提供に同意する", "提供に同意しない", "", "説明を聞いてから決めたい"),
            ("継続する", "継続しない", "参加していない", "相談したい"),
            ("知らせてもよい", "知らせないでほしい", "対象外"),
        ),
        "署名します;",
    ),
]
