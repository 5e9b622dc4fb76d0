"""The password that RDS keeps for an instance, in Secrets Manager."""

import json
import secrets as random_secrets
import uuid

from ministack.core.responses import get_account_id, get_region
from ministack.services import secretsmanager


def manage(instance: dict, key_id) -> None:
    """Give the instance a secret with its master user's name and a password nobody chose."""
    name = f"rds!db-{uuid.uuid4()}"
    value = {"username": instance["MasterUsername"], "password": random_secrets.token_urlsafe(21)}
    secret_arn, _version = secretsmanager._store_new_secret(
        name,
        secret_string=json.dumps(value),
        secret_binary=None,
        description="The secret associated with the primary RDS DB instance: " + instance["DBInstanceArn"],
        tags=[
            {"Key": "aws:secretsmanager:owningService", "Value": "rds"},
            {"Key": "aws:rds:primaryDBInstanceArn", "Value": instance["DBInstanceArn"]},
        ],
        kms_key_id=key_id,
        rotation_lambda_arn=None,
        rotation_rules={"AutomaticallyAfterDays": 7},
    )
    default = f"arn:aws:kms:{get_region()}:{get_account_id()}:alias/aws/secretsmanager"
    instance["MasterUserSecret"] = {
        "SecretArn": secret_arn,
        "SecretStatus": "active",
        "KmsKeyId": key_id or default,
    }


def forget(instance: dict) -> None:
    kept = instance.pop("MasterUserSecret", None)
    if kept:
        secretsmanager._delete_secret({"SecretId": kept["SecretArn"], "ForceDeleteWithoutRecovery": True})
