defmodule EctoLibSql.AdapterNameTest do
  # The adapter under other names, for libraries that decide by the adapter's name.
  use EctoLibSql.EctoCase, async: true

  defmodule OtherSpelling do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: Ecto.Adapters.LibSQL
  end

  test "Ecto.Adapters.LibSQL is the same adapter under its other spelling", %{folder: folder} do
    start_supervised!({OtherSpelling, database: Path.join(folder, "other.db"), log: false})
    OtherSpelling.query!("CREATE TABLE t (a)")
    assert {1, nil} = OtherSpelling.insert_all("t", [[a: 1]])
    assert OtherSpelling.all(from(t in "t", select: t.a)) == [1]
  end

  defmodule OtherName do
    use EctoLibSql.AdapterName
  end

  defmodule OtherNameRepo do
    use Ecto.Repo, otp_app: :ecto_libsql, adapter: OtherName
  end

  defmodule OtherNameMigration do
    use Ecto.Migration

    def change do
      create(table(:t, primary_key: false), do: add(:a, {:array, :integer}))
      create(constraint(:t, :a_is_json, check: "json_valid(a)"))
    end
  end

  test "a module that uses EctoLibSql.AdapterName works as the adapter does, migrations and lists included",
       %{folder: folder} do
    config = [database: Path.join(folder, "named.db"), log: false]
    assert OtherNameRepo.__adapter__() == OtherName
    assert OtherName.storage_up(config) == :ok
    start_supervised!({OtherNameRepo, config})
    assert Ecto.Migrator.up(OtherNameRepo, 1, OtherNameMigration, log: false) == :ok
    assert {1, nil} = OtherNameRepo.insert_all("t", [[a: "[1]"]])
    query = from(t in "t", where: ^1 in type(t.a, {:array, :integer}), select: t.a)
    assert OtherNameRepo.all(query) == ["[1]"]
    assert {sql, [1]} = OtherNameRepo.to_sql(:all, query)
    assert sql =~ "json_each"

    assert {:ok, ["[1]"]} =
             OtherNameRepo.transaction(fn -> query |> OtherNameRepo.stream() |> Enum.to_list() end)

    assert {:error, %EctoLibSql.Error{}} = OtherNameRepo.query("INSERT INTO t VALUES ('x')")
  end
end
