defmodule EctoLibSql.AccessPolicyTest do
  use EctoLibSql.DriverCase, async: true

  # What belongs to a local file.
  @moduletag :local

  setup do
    state = open!()
    run!(state, "CREATE TABLE open (x)")
    run!(state, "CREATE TABLE closed (x)")
    %{state: state}
  end

  defp denied!(state, sql) do
    assert %Error{sqlite: %{code: :auth}} = error!(state, sql)
  end

  test "denies an action everywhere", %{state: state} do
    run!(state, "DELETE FROM open")
    assert :ok = Native.set_access_policy(state, deny: [:delete, :ddl])
    denied!(state, "DELETE FROM open")
    denied!(state, "DROP TABLE open")
    run!(state, "INSERT INTO open VALUES (1)")
    assert rows!(state, "SELECT x FROM open") == [[1]]
  end

  test "denies an action on one object", %{state: state} do
    assert :ok = Native.set_access_policy(state, deny: [{:read, "closed"}, {:insert, :closed}])
    denied!(state, "SELECT x FROM closed")
    denied!(state, "INSERT INTO closed VALUES (1)")
    run!(state, "INSERT INTO open VALUES (1)")
    assert rows!(state, "SELECT x FROM open") == [[1]]
  end

  test "holds for statements that were compiled before", %{state: state} do
    sql = "SELECT x FROM closed"
    assert rows!(state, sql) == []
    {:ok, statement} = Native.prepare(state, sql)
    assert :ok = Native.set_access_policy(state, deny: [{:read, "closed"}])
    denied!(state, sql)
    assert {:error, reason} = Native.query_stmt(state, statement, [])
    assert reason =~ ~r/prohibited|not authorized/
  end

  test "is lifted by an empty list", %{state: state} do
    assert :ok = Native.set_access_policy(state, deny: [:read])
    denied!(state, "SELECT x FROM open")
    assert :ok = Native.set_access_policy(state, deny: [])
    assert rows!(state, "SELECT x FROM open") == []
  end

  test "refuses an invalid policy", %{state: state} do
    for policy <- [[deny: [:everything]], [deny: [{:read, 5}]], []] do
      assert {:error, "an access policy is [deny: list] of an action" <> _} =
               Native.set_access_policy(state, policy)
    end

    assert {:error, "unknown option :allow of an access policy"} =
             Native.set_access_policy(state, allow: [:read])

    assert {:error, "the options of an access policy must be a keyword list"} =
             Native.set_access_policy(state, :read)

    assert_usable(state)
  end
end
