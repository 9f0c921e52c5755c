from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from openstack.exceptions import ForbiddenException


def s3_client(tenant: Any, secret: str | None = None) -> Any:
    member = tenant.member
    path = f"/users/{member.current_user_id}/credentials/OS-EC2"
    credential = member.identity.post(path, json={"tenant_id": tenant.project}).json()["credential"]
    endpoint = member.object_store.get_endpoint().partition("/v1/")[0]
    return boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=credential["access"],
        aws_secret_access_key=secret or credential["secret"], config=Config(s3={"addressing_style": "path"}),
    )  # fmt: skip


def test_a_member_stores_and_reads_objects_and_a_reader_reads_them(tenant):
    tenant.member.object_store.create_container("archives")
    tenant.member.object_store.upload_object("archives", "lettre é.txt", data=b"bonjour")

    assert tenant.reader.object_store.download_object("lettre é.txt", container="archives") == b"bonjour"
    with pytest.raises(ForbiddenException):
        tenant.reader.object_store.upload_object("archives", "x", data=b"x")


def test_what_is_stored_by_s3_is_read_by_swift_and_the_other_way_round(tenant):
    s3 = s3_client(tenant)
    s3.create_bucket(Bucket="archives")
    s3.put_object(Bucket="archives", Key="dossier/a", Body=b"par s3")
    tenant.member.object_store.upload_object("archives", "b", data=b"par swift")

    assert tenant.member.object_store.download_object("dossier/a", container="archives") == b"par s3"
    assert s3.get_object(Bucket="archives", Key="b")["Body"].read() == b"par swift"
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["archives"]


def test_a_wrong_s3_secret_is_refused(tenant):
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3_client(tenant, "wrong").list_buckets()


def test_a_large_object_is_stored_in_parts_by_s3(tenant):
    s3 = s3_client(tenant)
    s3.create_bucket(Bucket="gros")
    upload = s3.create_multipart_upload(Bucket="gros", Key="o")["UploadId"]
    parts = []
    for number, body in enumerate((b"a" * 5 * 2**20, b"b"), start=1):
        part = s3.upload_part(Bucket="gros", Key="o", UploadId=upload, PartNumber=number, Body=body)
        parts.append({"ETag": part["ETag"], "PartNumber": number})
    s3.complete_multipart_upload(Bucket="gros", Key="o", UploadId=upload, MultipartUpload={"Parts": parts})

    assert s3.head_object(Bucket="gros", Key="o")["ContentLength"] == 5 * 2**20 + 1


def test_another_tenant_sees_nothing_of_an_account(make_tenant):
    owner, stranger = make_tenant(), make_tenant()
    owner.member.object_store.create_container("archives")
    account = owner.member.object_store.get_endpoint()

    assert stranger.member.session.get(account, raise_exc=False).status_code == 403
    assert stranger.member.session.get(f"{account}/archives", raise_exc=False).status_code == 403


def test_only_the_administrator_sets_an_accounts_quota(tenant, administrator):
    account = tenant.member.object_store.get_endpoint()
    quota = {"X-Account-Meta-Quota-Bytes": "10"}

    assert tenant.member.session.post(account, headers=quota, raise_exc=False).status_code == 403
    assert administrator.session.post(account, headers=quota, raise_exc=False).status_code == 204
    tenant.member.object_store.create_container("c")
    answer = tenant.member.session.put(f"{account}/c/o", data=b"more than ten bytes", raise_exc=False)
    assert answer.status_code == 413


def test_a_deleted_container_leaves_nothing(tenant):
    store = tenant.member.object_store
    store.create_container("archives")
    store.upload_object("archives", "o", data=b"x")
    store.delete_object("o", container="archives")
    store.delete_container("archives")

    assert list(store.containers()) == []
    assert store.get_account_metadata().account_bytes_used == 0
