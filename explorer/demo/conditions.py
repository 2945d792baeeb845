"""What the invented patients have and who pays for it: codes and payers as a roster shows them."""

# The commoner ones first.
ICD10 = (
    "I10", "E78.5", "E11.9", "M17.0", "K21.9", "I25.10", "E03.9", "I48.91", "N18.31", "J44.9", "E11.22",
    "I50.32", "M81.0", "F33.1", "J45.40", "I73.9", "G20.A1", "D64.9", "G47.33", "N18.4", "G30.9", "M06.9",
)  # fmt: skip

MEDICARE = (
    "MEDICARE PART B", "MEDICARE B / BCBS C PLUS", "MEDICARE B / TRICARE FOR LIFE",
    "MEDICARE B / AARP SUPPLEMENT",
)  # fmt: skip
QMB = "MEDICARE / MEDICAID QMB"
ADVANTAGE = ("BLUE ADVANTAGE PPO", "VIVA MEDICARE PLUS", "UHC MEDICARE ADVANTAGE", "HUMANA GOLD PLUS HMO")
COMMERCIAL = ("BCBS OF ALABAMA", "UNITED HEALTHCARE CHOICE")
