defmodule EctoLibSql.Connection.UnavailableTest do
  # A server that cannot be reached is an error; no local connection is opened in its place.
  use EctoLibSql.DriverCase, async: true

  @token "eyJ0b2tlbg.secret-token"

  test "a remote connection that cannot be made is an error without the token" do
    assert {:error, %Error{message: message} = error} =
             EctoLibSql.connect(uri: "http://127.0.0.1:1", auth_token: @token)

    assert message != ""
    refute inspect(error) =~ @token
  end

  test "a replica that cannot be made is an error without the token, and leaves no file" do
    path = temp_file("replica.db")

    assert {:error, %Error{kind: :cannot_open} = error} =
             EctoLibSql.connect(
               database: path,
               uri: "http://127.0.0.1:1",
               auth_token: @token,
               sync: true
             )

    refute inspect(error) =~ @token
    refute File.exists?(path)
  end
end
