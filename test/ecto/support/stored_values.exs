defmodule EctoLibSql.StoredValues do
  @moduledoc false
  # What the tests of types share: a value's way through a column and back, and instants as test data.

  use ExUnitProperties

  import EctoLibSql.EctoCase

  alias Ecto.Adapters.LibSql, as: Adapter
  alias Ecto.Adapters.LibSql.Types
  alias EctoLibSql.EctoRepo, as: Repo

  @doc "Dumps a value, stores it in a column of its type, and loads it again."
  def stored(type, value, opts \\ []) do
    {:ok, dumped} = Ecto.Type.adapter_dump(Adapter, type, value)
    column = Types.column(Ecto.Type.type(type), opts)
    sql!("DROP TABLE IF EXISTS t; CREATE TABLE t (v #{column})#{if opts[:strict], do: " STRICT"}")
    Repo.query!("INSERT INTO t VALUES (?)", [dumped])
    [[back]] = rows("SELECT v FROM t")
    {:ok, loaded} = Ecto.Type.adapter_load(Adapter, type, back)
    loaded
  end

  @doc "A generator of instants with whole seconds (`precision` 0) or microseconds."
  def instants(precision) do
    gen all(
          seconds <- integer(-60_000_000_000..200_000_000_000),
          micro <- integer(0..999_999)
        ) do
      micro = if precision == 0, do: {0, 0}, else: {micro, 6}
      DateTime.from_gregorian_seconds(63_000_000_000 + div(seconds, 10), micro)
    end
  end
end
