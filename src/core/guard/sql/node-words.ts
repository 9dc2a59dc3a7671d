/** The names of PostgreSQL's parse nodes as the words of its manual. */

/** Where taking the name apart does not give the statement. */
const statements: Readonly<Record<string, string>> = {
  ...{ IndexStmt: 'CREATE INDEX', CreatedbStmt: 'CREATE DATABASE', DropdbStmt: 'DROP DATABASE' },
  ...{ CreateStmt: 'CREATE TABLE', CreateTrigStmt: 'CREATE TRIGGER', RuleStmt: 'CREATE RULE' },
  ...{ CreateEventTrigStmt: 'CREATE EVENT TRIGGER', AlterEventTrigStmt: 'ALTER EVENT TRIGGER' },
  ...{ VariableShowStmt: 'SHOW', VariableSetStmt: 'SET', CheckPointStmt: 'CHECKPOINT' },
  ...{ ClosePortalStmt: 'CLOSE', DeclareCursorStmt: 'DECLARE', ConstraintsSetStmt: 'SET CONSTRAINTS' },
  ...{ CreateSeqStmt: 'CREATE SEQUENCE', AlterSeqStmt: 'ALTER SEQUENCE', CreateEnumStmt: 'CREATE TYPE' },
  ...{ CreateRangeStmt: 'CREATE TYPE', CompositeTypeStmt: 'CREATE TYPE', AlterEnumStmt: 'ALTER TYPE' },
  ...{
    CreateStatsStmt: 'CREATE STATISTICS',
    AlterStatsStmt: 'ALTER STATISTICS',
    RefreshMatViewStmt: 'REFRESH MATERIALIZED VIEW',
  },
  ...{ CreatePLangStmt: 'CREATE LANGUAGE', CreateFdwStmt: 'CREATE FOREIGN DATA WRAPPER' },
  ...{ AlterFdwStmt: 'ALTER FOREIGN DATA WRAPPER', CreateForeignServerStmt: 'CREATE SERVER' },
  ...{ AlterForeignServerStmt: 'ALTER SERVER', CreateTableSpaceStmt: 'CREATE TABLESPACE' },
  ...{ DropTableSpaceStmt: 'DROP TABLESPACE', AlterTableSpaceOptionsStmt: 'ALTER TABLESPACE' },
  ...{ CreateOpClassStmt: 'CREATE OPERATOR CLASS', CreateOpFamilyStmt: 'CREATE OPERATOR FAMILY' },
  ...{ AlterOpFamilyStmt: 'ALTER OPERATOR FAMILY', CreateAmStmt: 'CREATE ACCESS METHOD' },
  ...{ AlterTSDictionaryStmt: 'ALTER TEXT SEARCH DICTIONARY', SecLabelStmt: 'SECURITY LABEL' },
  ...{ AlterTSConfigurationStmt: 'ALTER TEXT SEARCH CONFIGURATION', GrantRoleStmt: 'GRANT' },
  ...{ AlterDatabaseRefreshCollStmt: 'ALTER DATABASE', AlterDatabaseSetStmt: 'ALTER DATABASE' },
  ...{ AlterObjectSchemaStmt: 'ALTER … SET SCHEMA', AlterObjectDependsStmt: 'ALTER … DEPENDS ON EXTENSION' },
  ...{ AlterOwnerStmt: 'ALTER … OWNER TO', AlterTableMoveAllStmt: 'ALTER TABLE ALL IN TABLESPACE' },
  ...{ AlterExtensionContentsStmt: 'ALTER EXTENSION', ReplicaIdentityStmt: 'REPLICA IDENTITY' },
  ...{ CreateTableAsStmt: 'CREATE TABLE AS', AlterRoleSetStmt: 'ALTER ROLE' },
};

/** `CREATE TRIGGER` of `CreateTrigStmt`. */
export function statementName(kind: string): string {
  return statements[kind] ?? plainWords(kind.replace(/Stmt$/, ''));
}

/** `DISABLE TRIGGER ALL` of `DisableTrigAll`. */
export function plainWords(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toUpperCase()
    .replace(/\bTRIG\b/g, 'TRIGGER')
    .replace(/\bUN LOGGED\b/g, 'UNLOGGED')
    .replace(/\bREL OPTIONS\b/g, 'STORAGE PARAMETERS')
    .replace(/\bTABLE SPACE\b/g, 'TABLESPACE');
}
