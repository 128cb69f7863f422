"""What CloudWatch Logs can recognize by itself in a log line.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL-managed-data-identifiers.html
"""

from __future__ import annotations

#: Identifiers that are the same everywhere.
ANYWHERE = frozenset(
    {
        *("Address", "AwsSecretKey", "CreditCardExpiration", "CreditCardNumber", "CreditCardSecurityCode", "EmailAddress", "IpAddress"),
        *("LatLong", "Name", "OpenSshPrivateKey", "PgpPrivateKey", "PkcsPrivateKey", "PuttyPrivateKey", "VehicleIdentificationNumber"),
    }
)
#: Identifiers of a country or region: the name, and the codes it is offered for.
BY_COUNTRY = {
    "BankAccountNumber": "DE ES FR GB IT US",
    "CepCode": "BR",
    "Cnpj": "BR",
    "CpfCode": "BR",
    "DriversLicense": "AT AU BE BG CA CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK US",
    "DrugEnforcementAgencyNumber": "US",
    "ElectoralRollNumber": "GB",
    "HealthInsuranceCardNumber": "EU",
    "HealthInsuranceClaimNumber": "US",
    "HealthInsuranceNumber": "FR",
    "HealthcareProcedureCode": "US",
    "IndividualTaxIdentificationNumber": "US",
    "InseeCode": "FR",
    "MedicareBeneficiaryNumber": "US",
    "NationalDrugCode": "US",
    "NationalIdentificationNumber": "DE ES IT",
    "NationalInsuranceNumber": "GB",
    "NationalProviderId": "US",
    "NhsNumber": "GB",
    "NieNumber": "ES",
    "NifNumber": "ES",
    "PassportNumber": "CA DE ES FR GB IT US",
    "PermanentResidenceNumber": "CA",
    "PersonalHealthNumber": "CA",
    "PhoneNumber": "BR DE ES FR GB IT US",
    "PostalCode": "CA",
    "RgNumber": "BR",
    "SocialInsuranceNumber": "CA",
    "Ssn": "ES US",
    "TaxId": "DE ES FR GB",
    "ZipCode": "US",
}
MANAGED = ANYWHERE | {f"{name}-{code}" for name, codes in BY_COUNTRY.items() for code in codes.split()}
#: What no log line should ever hold: keys that open something.
SECRETS = ("AwsSecretKey", "OpenSshPrivateKey", "PgpPrivateKey", "PkcsPrivateKey", "PuttyPrivateKey")
#: What most applications log about people by mistake, wherever they live.
PERSONAL = ("CreditCardNumber", "CreditCardSecurityCode", "EmailAddress")
