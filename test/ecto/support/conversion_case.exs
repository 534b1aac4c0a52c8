defmodule EctoLibSql.ConversionCase do
  @moduledoc false
  # A table `t` of an `id` and one column `x`, whose type `modify` changes. In memory, because each test changes
  # it many times; not async, because some forms of values are settings of the application.

  use ExUnit.CaseTemplate
  import ExUnit.Assertions
  import Ecto.Query
  import EctoLibSql.EctoCase

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Migration.Table
  alias EctoLibSql.EctoRepo, as: Repo

  using do
    quote do
      use EctoLibSql.EctoCase, async: false
      import EctoLibSql.ConversionCase
      @moduletag repo: [database: ":memory:", pool_size: 1]
    end
  end

  defp meta, do: Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
  defp ddl(command), do: {:ok, _} = Adapter.execute_ddl(meta(), command, log: false)

  @doc "Changes the table."
  def alter(changes), do: ddl({:alter, %Table{name: "t"}, changes})

  @doc "The stored definition of the table."
  def stored, do: hd(hd(rows("SELECT sql FROM sqlite_master WHERE name = 't'")))

  @doc "Sets an option of the application for the test."
  def setting(key, value) do
    before = Application.fetch_env(:ecto_libsql, key)
    Application.put_env(:ecto_libsql, key, value)

    on_exit(fn ->
      case before do
        {:ok, value} -> Application.put_env(:ecto_libsql, key, value)
        :error -> Application.delete_env(:ecto_libsql, key)
      end
    end)
  end

  defp field(type),
    do: Map.get(%{uuid: Ecto.UUID, text: :string, citext: :string, bigint: :integer}, type, type)

  @doc "Creates the table with one row for each value, as a field of the type stores it."
  def table_of(type, values, opts \\ []) do
    sql!("DROP TABLE IF EXISTS t")
    table = %Table{name: "t", options: opts[:options]}
    id = {:add, :id, :id, [primary_key: true]}
    ddl({:create, table, [id, {:add, :x, type, opts[:column] || []}]})

    for {value, id} <- Enum.with_index(values, 1) do
      {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, field(type), value)
      Repo.query!("INSERT INTO t VALUES (?, ?)", [id, dumped])
    end
  end

  @doc "The values of the column, after checking that each one finds its row."
  def loaded(type) do
    for [id, x] <- rows("SELECT id, x FROM t ORDER BY id") do
      {:ok, value} = Ecto.Type.adapter_load(Adapter, field(type), x)
      refute is_nil(value) and not is_nil(x)

      if value != nil do
        found = from(t in "t", where: t.x == type(^value, ^field(type)), select: t.id)
        assert id in Repo.all(found), "#{inspect(value)} does not find row #{id}: #{inspect(x)}"
        {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, field(type), value)
        same = "SELECT count(*) FROM t WHERE id = ? AND x = ?"
        assert rows(same, [id, dumped]) == [[1]], "#{inspect(x)} is not #{inspect(dumped)}"
      end

      value
    end
  end

  @doc "The values of the column after its type has changed from `from` to `to`."
  def converted(from, values, to, opts \\ []) do
    table_of(from, values, opts)
    alter([{:modify, :x, to, opts[:modify] || []}])
    loaded(to)
  end
end
