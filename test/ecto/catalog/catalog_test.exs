defmodule Ecto.Adapters.LibSql.CatalogTest do
  use EctoLibSql.EctoCase, async: true

  # For example foreign_key_check of a large table in a rebuild.
  test "queries of the schema in a migration ignore the timeout of the repository" do
    meta = Ecto.Adapter.lookup_meta(Repo.get_dynamic_repo())
    meta = %{meta | opts: Keyword.put(meta.opts, :timeout, 20)}

    slow =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000) SELECT max(i) FROM n"

    # Neither the timer of the statement nor that of the pool, which closes the connection, ends it.
    assert {:error, %EctoLibSql.Error{kind: kind}} = Ecto.Adapters.SQL.query(meta, slow)
    assert kind in [:timeout, :interrupted, :not_found]
    assert Ecto.Adapters.LibSql.Catalog.rows(meta, slow) == [[2_000_000]]
  end
end
