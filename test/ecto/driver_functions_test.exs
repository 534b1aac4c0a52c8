defmodule Ecto.Adapters.LibSql.DriverFunctionsTest do
  # The functions of EctoLibSql with a repository in the place of a pool.
  use EctoLibSql.EctoCase, async: true

  setup do
    sql!("CREATE TABLE t (x)")
    :ok
  end

  test "query/4 runs on a connection of the repository, inside of its transaction" do
    assert {:ok, %{num_rows: 1}} = EctoLibSql.query(Repo, "INSERT INTO t VALUES (?)", [1])

    assert {:error, :no} =
             Repo.transaction(fn ->
               EctoLibSql.query!(Repo, "INSERT INTO t VALUES (2)")
               assert EctoLibSql.query!(Repo, "SELECT count(*) FROM t").rows == [[2]]
               Repo.rollback(:no)
             end)

    assert EctoLibSql.query!(Repo, "SELECT x FROM t").rows == [[1]]
  end

  test "run/2 lends the connection of the repository's transaction" do
    Repo.transaction(fn ->
      sql!("INSERT INTO t VALUES (1)")
      assert EctoLibSql.run(Repo, &EctoLibSql.query!(&1, "SELECT x FROM t").rows) == [[1]]
    end)
  end

  test "transactions and streams are those of the repository, which the error names" do
    name = inspect(Repo)

    for {function, call} <- [
          {"transaction/2", fn -> EctoLibSql.transaction(Repo, & &1) end},
          {"rollback/1", fn -> EctoLibSql.rollback(Repo, :no) end},
          {"stream/2", fn -> EctoLibSql.stream(Repo, "SELECT 1") end}
        ] do
      assert_raise ArgumentError,
                   "call #{name}.#{function}, which does this for a repo",
                   call
    end
  end
end
