defmodule EctoLibSql.RedactionTest do
  # Secrets and bound values appear in no error message and no output of inspect/1.
  use EctoLibSql.DriverCase, async: true

  @token "eyJhbGciOi.super-secret-token"
  @key "a-very-secret-encryption-key-of-40-bytes"

  defp inspected(term),
    do: inspect(term, limit: :infinity, printable_limit: :infinity, structs: true)

  defp bare(term), do: inspect(term, limit: :infinity, printable_limit: :infinity, structs: false)

  test "a state shows neither token nor key, whatever it was opened with" do
    state = open!(auth_token: @token)
    refute inspected(state) =~ @token
    refute bare(state) =~ @token
  end

  test "an error on connecting shows neither token nor key" do
    for options <- [
          [uri: "libsql://localhost:1", auth_token: @token],
          [uri: "nonsense://x", auth_token: @token, encryption_key: @key],
          [database: temp_file(), encryption_key: @key],
          [database: temp_file(), key: @key],
          [database: temp_file(), encryption_key: {@key}],
          [database: temp_file(), remote_encryption_key: @key],
          [auth_token: @token, encryption_key: @key],
          [database: 5, auth_token: @token, encryption_key: @key]
        ] do
      case EctoLibSql.connect(options) do
        {:error, error} ->
          for text <- [inspected(error), bare(error), Exception.message(error)] do
            refute text =~ @token
            refute text =~ @key
          end

        {:ok, state} ->
          refute bare(state) =~ @token
          refute bare(state) =~ @key
      end
    end
  end

  test "bound values appear in no error" do
    state = open!()
    run!(state, "CREATE TABLE t (x UNIQUE, y CHECK (length(y) < 7))")
    run!(state, "INSERT INTO t VALUES ('hunter2', 1)")

    failures = [
      EctoLibSql.handle_execute("INSERT INTO t VALUES (?, 1)", ["hunter2"], [], state),
      EctoLibSql.handle_execute(
        "INSERT INTO t (x, y) VALUES (1, :v)",
        %{v: "hunter2"},
        [],
        state
      ),
      EctoLibSql.handle_execute("SELECT ?, ?", ["hunter2"], [], state),
      EctoLibSql.handle_execute("SELECT json(?)", ["{hunter2"], [], state),
      Native.batch(state, [{"INSERT INTO t VALUES (?, 1)", ["hunter2"]}]),
      Native.batch_transactional(state, [{"INSERT INTO t VALUES (?, 1)", ["hunter2"]}])
    ]

    for failure <- failures do
      assert elem(failure, 0) == :error
      refute bare(elem(failure, 1)) =~ "hunter2"
    end
  end

  test "a value that cannot be encoded is not shown" do
    for value <- [
          {:secret, "hunter2"},
          [:secret, "hunter2"],
          %URI{host: "hunter2"},
          %{"a" => {"hunter2"}}
        ] do
      message =
        try do
          error!(open!(), "SELECT ?", [value]) |> bare()
        rescue
          error in ArgumentError -> error.message
        end

      refute message =~ "hunter2"
    end
  end
end
