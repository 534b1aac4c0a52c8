defmodule EctoLibSql.ErrorTest do
  use EctoLibSql.DriverCase, async: true

  setup do
    state = open!()

    {:ok, _, _, _} =
      EctoLibSql.handle_execute(
        """
        CREATE TABLE parents (id INTEGER PRIMARY KEY);
        CREATE TABLE users (
          id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT NOT NULL,
          age INTEGER CONSTRAINT adult CHECK (age >= 18), parent REFERENCES parents (id));
        INSERT INTO users (email, name) VALUES ('a@example.com', 'Ada');
        CREATE TABLE pairs (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
        INSERT INTO pairs VALUES (1, 1);
        """,
        [],
        [],
        state
      )

    %{state: state}
  end

  @cases [
    {"INSERT INTO users (email, name) VALUES ('a@example.com', 'B')",
     "UNIQUE constraint failed: users.email", :constraint_unique, {:unique, "users.email"}},
    {"INSERT INTO users (name) VALUES (NULL)", "NOT NULL constraint failed: users.name",
     :constraint_notnull, {:not_null, "users.name"}},
    {"INSERT INTO users (name, age) VALUES ('B', 1)", "CHECK constraint failed: adult",
     :constraint_check, {:check, "adult"}},
    {"INSERT INTO users (name, parent) VALUES ('B', 9)", "FOREIGN KEY constraint failed",
     :constraint_foreignkey, {:foreign_key, nil}},
    {"INSERT INTO pairs VALUES (1, 1)", "UNIQUE constraint failed: pairs.a, pairs.b",
     :constraint_primarykey, {:primary_key, "pairs.a, pairs.b"}}
  ]

  test "the text of an exception ends with the statement, of a long one with its beginning", %{
    state: state
  } do
    for {sql, shown} <- [
          {"SELECT nam FROM users", "SELECT nam FROM users"},
          {"SELECT nam FROM users -- " <> String.duplicate("ä", 10_000),
           "SELECT nam FROM users -- " <> String.duplicate("ä", 3975) <> " ..."}
        ] do
      {:error, error} = EctoLibSql.query(state, sql)
      assert error.message == "no such column: nam"
      assert error.statement == sql
      assert Exception.message(error) == "no such column: nam\n" <> shown
    end

    {:error, error} = EctoLibSql.connect(database: "", mode: :readonly, journal_mode: :perhaps)
    assert Exception.message(error) == error.message
  end

  for {sql, message, code, _constraint} <- @cases do
    test "#{code}: SQLite's text unprefixed, with codes and statement", %{state: state} do
      sql = unquote(sql)
      error = error!(state, sql)
      assert error.message == unquote(message)
      assert Exception.message(error) =~ unquote(message)

      assert %{code: :constraint, extended_code: unquote(code), message: unquote(message)} =
               error.sqlite

      assert error.statement == sql
      assert Error.constraint_violation?(error)
      refute Error.retryable?(error)
      refute Error.busy?(error)
      assert_usable(state)
    end
  end

  test "constraint/1 names the kind", %{state: state} do
    for {sql, _message, _code, {kind, _name}} <- @cases do
      assert {^kind, _} = Error.constraint(error!(state, sql))
    end
  end

  test "constraint/1 is nil for other errors", %{state: state} do
    assert Error.constraint(error!(state, "SELECT nothing")) == nil
  end

  test "constraint_name/1 is the first column's name", %{state: state} do
    [{unique, _, _, _}, {null, _, _, _}, _check, {foreign, _, _, _}, {pair, _, _, _}] = @cases
    assert Error.constraint_name(error!(state, unique)) == "email"
    assert Error.constraint_name(error!(state, null)) == "name"
    assert Error.constraint_name(error!(state, foreign)) == nil
    assert Error.constraint_name(error!(state, pair)) == "a"
  end

  test "constraint_violation?/1 is false for a syntax error", %{state: state} do
    error = error!(state, "SELEC 1")
    assert error.message =~ ~s(near "SELEC": syntax error)
    assert error.sqlite.code == :error
    refute Error.constraint_violation?(error)
  end

  test "from_reason/1 finds the code of a text", %{state: state} do
    [{sql, message, _, _} | _] = @cases
    {:ok, statement} = Native.prepare(state, sql)
    {:error, reason} = Native.execute_stmt(state, statement, sql, [])
    assert reason =~ message
    error = Error.from_reason(reason)
    assert %Error{sqlite: %{code: :constraint, extended_code: :constraint_unique}} = error
    assert Error.constraint_violation?(error)
  end

  test "from_reason/1 takes the reasons of Pragma and JSON", %{state: state} do
    for {:error, reason} <- [
          EctoLibSql.Pragma.table_info(state, "a b"),
          EctoLibSql.Pragma.set(state, :cache_size, {1}),
          EctoLibSql.JSON.object(state, ["odd"])
        ] do
      assert %Error{sqlite: %{code: :invalid_argument}} = error = Error.from_reason(reason)
      assert is_binary(Exception.message(error))
    end

    assert Error.from_reason("datatype mismatch").sqlite.code == :mismatch
  end

  test "from_reason/1 takes any text" do
    for text <- ["", "something else", "database is locked", "no such table: x"] do
      assert %Error{message: ^text} = Error.from_reason(text)
    end

    assert Error.busy?(Error.from_reason("database is locked"))
  end

  test "is an exception with a default form" do
    assert_raise Error, ~r/what went wrong/, fn -> raise Error, message: "what went wrong" end
  end

  test "statement is the SQL, whatever was wrong with it", %{state: state} do
    for {sql, params} <- [
          {"SELECT * FROM nope", []},
          {"SELECT ?, 'two'", [1, 2]},
          {"SELECT ?, 'many'", [Integer.pow(2, 64)]},
          {"SELECT ?, 'list'", 5},
          {"SELECT 1; SELECT ?", [1]},
          {"SELECT 'a\0b'", []}
        ] do
      assert error!(state, sql, params).statement == sql
      assert {:error, error, _} = EctoLibSql.handle_declare(sql, params, [], state)
      assert error.statement == sql
    end

    assert {:error, error, _} = EctoLibSql.handle_prepare("SELECT '\0'", [], state)
    assert error.statement == "SELECT '\0'"
  end

  test "statement never holds parameters", %{state: state} do
    error =
      error!(state, "INSERT INTO users (email, name) VALUES (?, ?)", ["a@example.com", "s3cr3t"])

    refute inspect(error) =~ "s3cr3t"
    refute inspect(error) =~ "a@example.com"
  end

  describe "offset" do
    test "is the byte of the statement where the mistake is", %{state: state} do
      assert error!(state, "SELECT 1 FRM x").offset == 13
      # Bytes, not characters.
      assert error!(state, "SELECT 'ä', nothing").offset == 13
    end

    test "counts from the statement that fails, among several", %{state: state} do
      error = error!(state, "SELECT 1; SELECT nothing")
      assert binary_part(error.statement, error.offset, 7) == "nothing"
    end

    test "is nil where there is none", %{state: state} do
      assert error!(state, "INSERT INTO users (name) VALUES (NULL)").offset == nil
      assert error!(state, "SELECT * FROM nope").offset == nil
      assert Error.new(:misuse, "too late").offset == nil
    end
  end

  describe "recovery" do
    test "is empty where the statement is wrong", %{state: state} do
      assert error!(state, "SELEC 1").recovery == []
      assert error!(state, "INSERT INTO users (name) VALUES (NULL)").recovery == []
      assert Error.new(:invalid_argument, "no").recovery == []
    end

    test "lists a transaction that SQLite has rolled back", %{state: state} do
      begun = begin!(state)
      sql = "INSERT OR ROLLBACK INTO users (email, name) VALUES ('a@example.com', 'B')"
      assert %Error{kind: :constraint, recovery: [:transaction_lost]} = error!(begun, sql)

      assert %Error{recovery: [:transaction_lost], sqlite: %{extended_code: :abort_rollback}} =
               error!(begun, "SELECT 1")
    end

    test "lists a lost connection", %{state: state} do
      EctoLibSql.disconnect([], state)
      assert {:disconnect, error, _} = EctoLibSql.handle_execute("SELECT 1", [], [], state)
      assert error.kind == :not_found
      assert error.sqlite.extended_code == :not_found_connection
      assert error.recovery == [:transaction_lost, :connection_lost]
      assert Error.poisons_connection?(error, [])
    end

    test "of a text is that of its kind" do
      assert Error.from_reason("database is locked").recovery == [:retryable]

      assert Error.from_reason("Connection not found").recovery == [
               :transaction_lost,
               :connection_lost
             ]

      assert Error.from_reason("Statement not found").recovery == []
      assert Error.from_reason("not authorized").recovery == [:unauthorised]
      assert Error.from_reason("unable to open database file").recovery == [:unavailable]
      assert Error.from_reason("no such table: t").recovery == []
    end

    test "no message makes an error retryable or a connection lost" do
      for text <- ["database is locked", "Connection not found"] do
        error = Error.new(:misuse, text)
        assert {Error.retryable?(error), Error.busy?(error)} == {false, false}
        refute Error.poisons_connection?(error, [])
      end
    end
  end

  test "an unknown id says of what kind it is", %{state: state} do
    other = open!()
    {:ok, statement} = Native.prepare(other, "SELECT 1")

    for {answer, kind, code} <- [
          {EctoLibSql.Nif.ping("conn_0_0"), :not_found, :not_found_connection},
          {EctoLibSql.Nif.reset_statement(state.conn_id, "x"), :not_found, :not_found_statement},
          {EctoLibSql.Nif.fetch(state.conn_id, "x", 1, -1), :not_found, :not_found_cursor},
          {EctoLibSql.Nif.reset_statement(state.conn_id, statement), :foreign, :foreign_statement}
        ] do
      assert {:error, %{kind: ^kind, code: ^kind, extended_code: ^code}} = answer
    end
  end
end
